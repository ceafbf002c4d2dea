import { Graph, type Value } from '@ghostc/ir';
import { parameterSpecs } from './build-ghostnet.ts';
import type { GhostNetSpec } from './ghostnet-spec.ts';

/**
 * Trained parameters of a GhostNet or of a graph: batch norm's scale and shift count, its running mean and variance do not,
 * nor do lone scalars.
 */
export function parameterCount(of: Graph | Partial<GhostNetSpec> = {}): number {
  const shapes = of instanceof Graph ? trainedShapes(of) : publishedShapes(of);
  return shapes.reduce((sum, shape) => sum + shape.reduce((product, dim) => product * dim, 1), 0);
}

function publishedShapes(spec: Partial<GhostNetSpec>): (readonly number[])[] {
  return parameterSpecs(spec)
    .filter(({ kind }) => kind !== 'mean' && kind !== 'variance')
    .map(({ shape }) => shape);
}

function trainedShapes(graph: Graph): (readonly number[])[] {
  return [...graph.constants]
    .filter((value) => !isStatistic(value))
    .map((value) => value.constant?.shape ?? [])
    .filter((shape) => shape.length > 0);
}

/** batch_norm x, scale, shift, mean, variance. */
function isStatistic(value: Value): boolean {
  return [...value.users].every((node) => node.op === 'batch_norm' && node.inputs.indexOf(value) >= 3);
}
