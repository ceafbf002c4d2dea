export { emitOnnx, type OnnxOptions } from './emit-onnx.ts';
