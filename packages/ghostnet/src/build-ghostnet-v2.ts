import type { Graph } from '@ghostc/ir';
import { assembleGhostNet, type GhostNetOptions, type GhostNetVersion } from './assemble-ghostnet.ts';
import { withDfcAttention } from './dfc-attention.ts';
import { type BottleneckParts, plainParts } from './ghost-layers.ts';

const attended: BottleneckParts = { ...plainParts, ghost1: withDfcAttention(plainParts.ghost1) };

/** Bottlenecks before this one have no attention. */
export const FIRST_ATTENDED = 2;
/** The last stage has 1/32 of the resolution, and the attention halves at least 2 pixels. */
export const LEAST_ATTENDED_RESOLUTION = 33;

export const ghostNetV2: GhostNetVersion = {
  name: 'ghostnetv2',
  parts: (index) => (index < FIRST_ATTENDED ? plainParts : attended),
  leastResolution: LEAST_ATTENDED_RESOLUTION,
  output: 'matrix',
};

/**
 * GhostNetV2 (Tang et al., "GhostNetV2: Enhance Cheap Operation with Long-Range Attention", NeurIPS 2022) in the form that
 * PyTorch exports: input `input` [batch, 3, resolution, resolution], resolution at least 33, output `output`
 * [batch, classes]. Parameters bear their published names. Throws `ghostnet/state-dict` when a state dict does not fit,
 * `ghostnet/spec` for an impossible spec.
 */
export function buildGhostNetV2(options: GhostNetOptions): Graph {
  return assembleGhostNet(options, ghostNetV2).graph;
}
