export { decodeModel as decodeTflite, type TfliteModel } from './decode-model.ts';
export {
  encodeTflite,
  type ModelSpec,
  type OperatorOptions,
  type OperatorSpec,
  type TensorSpec,
} from './encode-model.ts';
export { isTflite } from './is-tflite.ts';
export * as operatorOptions from './operator-options.ts';
export { type ReadTfliteOptions, readTflite } from './read-tflite.ts';
