import { constantValues, type Graph } from '@ghostc/ir';
import { opsWith } from '@ghostc/ops';
import { optimize } from './pipeline.ts';

const quantizedOps = new Set<string>(opsWith('quantized'));

/**
 * Whether the model computes with quantised values, as integers or between QuantizeLinear and
 * DequantizeLinear. A model whose weights are stored as integers and dequantised is a float model.
 */
export function isQuantized(model: Graph): boolean {
  const known = constantValues(model);
  return [...model.nodes()].some(({ op, output }) => quantizedOps.has(op) && !known.has(output));
}

/**
 * The integer form of a quantised model, which every backend computes: ONNX expresses it in floats between
 * DequantizeLinear and QuantizeLinear, which agree only to a step. Undefined for a model without quantised
 * values.
 */
export function integerForm(model: Graph): Graph | undefined {
  return isQuantized(model) ? optimize(model) : undefined;
}
