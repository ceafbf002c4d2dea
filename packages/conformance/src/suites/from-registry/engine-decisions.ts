const losesNaN = 'ONNX Runtime loses NaN in some positions of pools and reductions by maximum (docs/onnx.md)';

/**
 * Cases in which ONNX Runtime deliberately differs from ghostc and PyTorch, with the reason: skips for
 * runtimes based on it.
 */
export const onnxRuntimeDecisions: Readonly<Record<string, string>> = {
  'pools/max_pool/nan': losesNaN,
  'reductions/reduce_max/nan': losesNaN,
  'reductions/reduce_min/nan': losesNaN,
};
