export * from '@ghostc/compiler';
export { buildFromSpec, isModelSpec } from '@ghostc/ghostnet';
export { interpret } from '@ghostc/interpreter';
export {
  CompileError,
  type DType,
  Graph,
  Node,
  parseGraph,
  printGraph,
  type Shape,
  type Tensor,
  type TensorType,
  tensor,
  Value,
  verify,
} from '@ghostc/ir';
export { registry } from '@ghostc/ops';
export { calibrate, type QuantizedModel, type QuantizeOptions, quantize } from '@ghostc/quant';
