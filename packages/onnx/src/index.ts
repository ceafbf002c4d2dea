export { checkExternalLocation } from './check-external-location.ts';
export { decodeModel, decodeTensor, encodeModel, encodeTensor, nodeFromJson, typeFromJson } from './codec.ts';
export { dataSetFiles, type RunTensors } from './data-set-files.ts';
export { ExternalData } from './external-data.ts';
export { boundInputs } from './fixed-inputs.ts';
export type { AttributeProto, NodeProto } from './onnx-types.ts';
export { bodiesOf, outerNames, renameOuter } from './outer-names.ts';
export { onnxInputNames, onnxOps, type ReadOptions, readOnnx } from './read-onnx.ts';
export { roundingKey } from './read-static-quantization.ts';
export { dequantizedConstant, type PartInput, type SourceInput, type SourceNode } from './source-node.ts';
export { supportedOps } from './supported-ops.ts';
export {
  dataTypeOf,
  fromTensor,
  type ReadExternal,
  readTensorProto,
  writeTensorProto,
} from './tensor-proto.ts';
