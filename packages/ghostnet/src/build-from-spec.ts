import { type Graph, numElements } from '@ghostc/ir';
import { families } from './families.ts';
import { parseModelSpec } from './parse-model-spec.ts';
import type { ParameterSpec, Weights } from './state.ts';

/** Builds the model that a spec such as `ghostnetv2:1.0@192/10` names. Throws `ghostnet/spec`, `ghostnet/state-dict`. */
export function buildFromSpec(text: string, weights: Weights): Graph {
  const { family, ...spec } = parseModelSpec(text);
  return families[family](spec, weights).graph;
}

/** Every parameter of the model that a spec names, with its shape, in the order of the layers. */
export function parameterSpecs(text: string): readonly ParameterSpec[] {
  const { family, ...spec } = parseModelSpec(text);
  return families[family](spec, { seed: 0 }).parameters.asked;
}

/** Trained parameters: running means and variances of batch norms do not count. */
export function parameterCount(text: string): number {
  return parameterSpecs(text).reduce(
    (sum, { kind, shape }) => sum + (kind === 'mean' || kind === 'variance' ? 0 : numElements(shape)),
    0,
  );
}
