import type { Graph } from '@ghostc/ir';
import { GhostBuilder, type GhostNetVariant } from './dialect.ts';
import {
  type GhostBottleneckSpec,
  type GhostModuleSpec,
  ghostBottleneck,
  ghostModule,
} from './ghost-layers.ts';
import type { Weights } from './state.ts';

export interface BlockOptions {
  /** Input channels. */
  readonly inp: number;
  /** Height and width of the input. */
  readonly size: number;
  readonly weights: Weights;
  readonly batch?: number;
  /** Generation of GhostNet, V1 if absent. */
  readonly variant?: GhostNetVariant;
}

/** A Ghost module alone, as a graph: `input` [batch, inp, size, size] to `output`. */
export function buildGhostModule(options: BlockOptions & GhostModuleSpec): Graph {
  const { inp, size, weights, batch = 1, variant = 'v1', ...spec } = options;
  const build = new GhostBuilder('ghost_module', weights, variant);
  return build.finish('output', ghostModule(build, '', build.image(inp, size, batch), spec));
}

/** A Ghost bottleneck alone, as a graph: `input` [batch, inp, size, size] to `output`. */
export function buildGhostBottleneck(options: BlockOptions & GhostBottleneckSpec): Graph {
  const { inp, size, weights, batch = 1, variant = 'v1', ...spec } = options;
  const build = new GhostBuilder('ghost_bottleneck', weights, variant);
  return build.finish('output', ghostBottleneck(build, '', build.image(inp, size, batch), spec));
}
