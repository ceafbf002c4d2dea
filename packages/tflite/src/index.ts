export { isTflite } from './is-tflite.ts';
export { type ReadTfliteOptions, readTflite } from './read-tflite.ts';
