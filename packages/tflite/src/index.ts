export { type ReadTfliteOptions, readTflite } from './read-tflite.ts';
