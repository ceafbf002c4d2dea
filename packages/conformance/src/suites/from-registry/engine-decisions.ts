const losesNaN = 'ONNX Runtime loses NaN in some positions of pools and reductions by maximum (docs/onnx.md)';

/** Cases in which ONNX Runtime decides otherwise than we and PyTorch do, with the reason: skips for runtimes that are made of it. */
export const onnxRuntimeDecisions: Readonly<Record<string, string>> = {
  'pools/max_pool/nan': losesNaN,
  'reductions/reduce_max/nan': losesNaN,
  'reductions/reduce_min/nan': losesNaN,
};
