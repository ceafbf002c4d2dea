export { emitTflite, type TfliteOptions } from './emit-tflite.ts';
