import type { Graph } from '@ghostc/ir';
import { assembleGhostNet, type GhostNetOptions, type GhostNetVersion } from './assemble-ghostnet.ts';
import {
  type GhostBottleneckSpec,
  type GhostModuleSpec,
  ghostBottleneck,
  ghostModule,
  plainParts,
} from './ghost-layers.ts';
import { LayerBuilder } from './layer-builder.ts';
import type { Weights } from './state.ts';

export const ghostNetV1: GhostNetVersion = {
  name: 'ghostnet',
  parts: () => plainParts,
  leastResolution: 1,
  output: 'matrix',
};

/**
 * GhostNet V1 (Han et al., "GhostNet: More Features from Cheap Operations", CVPR 2020) as a graph in the form that PyTorch
 * exports: input `input` [batch, 3, resolution, resolution], output `output` [batch, classes]. Parameters bear their
 * published names. Throws `ghostnet/state-dict` when a state dict does not fit, `ghostnet/spec` for an impossible spec.
 */
export function buildGhostNet(options: GhostNetOptions): Graph {
  return assembleGhostNet(options, ghostNetV1).graph;
}

export interface BlockOptions {
  readonly inp: number;
  /** Height and width of the input. */
  readonly size: number;
  readonly weights: Weights;
}

/** A Ghost module by itself, as a graph. */
export function buildGhostModule({ inp, size, weights, ...spec }: BlockOptions & GhostModuleSpec): Graph {
  const build = new LayerBuilder('ghost_module', weights);
  const input = build.graph.addInput('input', { dtype: 'f32', shape: [1, inp, size, size] });
  return build.finish('output', ghostModule(build, '', input, spec));
}

/** A Ghost bottleneck by itself, as a graph. */
export function buildGhostBottleneck({
  inp,
  size,
  weights,
  ...spec
}: BlockOptions & GhostBottleneckSpec): Graph {
  const build = new LayerBuilder('ghost_bottleneck', weights);
  const input = build.graph.addInput('input', { dtype: 'f32', shape: [1, inp, size, size] });
  return build.finish('output', ghostBottleneck(build, '', input, spec));
}
