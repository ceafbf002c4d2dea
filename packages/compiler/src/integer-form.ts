import { constantValues, type Graph } from '@ghostc/ir';
import { opsWith } from '@ghostc/ops';
import { optimize } from './pipeline.ts';

const quantizedOps = new Set<string>(opsWith('quantized'));

/**
 * Does the model compute with quantised values, as integers or between QuantizeLinear and DequantizeLinear? Weights that are
 * stored in integers and dequantised leave it a float model.
 */
export function isQuantized(model: Graph): boolean {
  const known = constantValues(model);
  return [...model.nodes()].some(({ op, output }) => quantizedOps.has(op) && !known.has(output));
}

/**
 * What every backend computes of a quantised model, in integers: ONNX says it in floats between DequantizeLinear and
 * QuantizeLinear, which compute the same to a step only. Undefined for a model without quantised values.
 */
export function integerForm(model: Graph): Graph | undefined {
  return isQuantized(model) ? optimize(model) : undefined;
}
