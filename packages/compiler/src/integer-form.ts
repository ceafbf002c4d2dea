import type { Graph } from '@ghostc/ir';
import { loweredQuantizedOps } from '@ghostc/ops';
import { optimize } from './pipeline.ts';

const quantizedOps = new Set<string>(loweredQuantizedOps);

/**
 * What every backend computes of a quantised model, in integers: ONNX says it in floats between DequantizeLinear and
 * QuantizeLinear, which compute the same to a step only. Undefined for a model without quantised values.
 */
export function integerForm(model: Graph): Graph | undefined {
  const quantized = [...model.nodes()].some(({ op }) => quantizedOps.has(op));
  return quantized ? optimize(model) : undefined;
}
