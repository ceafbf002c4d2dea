import type { Graph } from '@ghostc/ir';
import { loweredQuantizedOps } from '@ghostc/ops';
import { optimize } from './pipeline.ts';

const quantizedOps = new Set<string>(loweredQuantizedOps);

/** Has the model quantised values, as integers or between QuantizeLinear and DequantizeLinear? */
export function isQuantized(model: Graph): boolean {
  return [...model.nodes()].some(({ op }) => quantizedOps.has(op));
}

/**
 * What every backend computes of a quantised model, in integers: ONNX says it in floats between DequantizeLinear and
 * QuantizeLinear, which compute the same to a step only. Undefined for a model without quantised values.
 */
export function integerForm(model: Graph): Graph | undefined {
  return isQuantized(model) ? optimize(model) : undefined;
}
