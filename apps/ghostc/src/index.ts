export * from '@ghostc/compiler';
export { buildFromSpec, isModelSpec } from '@ghostc/ghostnet';
export { interpret } from '@ghostc/interpreter';
export {
  type Attr,
  type Attrs,
  CompileError,
  type DType,
  Graph,
  Node,
  parseGraph,
  printGraph,
  type QuantParams,
  type Shape,
  type Tensor,
  type TensorType,
  tensor,
  Value,
  verify,
} from '@ghostc/ir';
export { registry } from '@ghostc/ops';
export { calibrate, type QuantizedModel, type QuantizeOptions, quantize } from '@ghostc/quant';
export type { WgslManifest, WgslProgram } from '@ghostc/wgsl-runtime';
