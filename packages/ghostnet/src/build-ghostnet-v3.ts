import type { Graph } from '@ghostc/ir';
import { assembleGhostNet, type GhostNetOptions, type GhostNetVersion } from './assemble-ghostnet.ts';
import { FIRST_ATTENDED, LEAST_ATTENDED_RESOLUTION } from './build-ghostnet-v2.ts';
import { withDfcAttention } from './dfc-attention.ts';
import type { BottleneckParts } from './ghost-layers.ts';
import { reparameterizedParts, trainingParts } from './rep-layers.ts';

/** With parallel branches, or with each block folded into one convolution. */
export type GhostNetV3Form = 'training' | 'reparameterized';

export interface GhostNetV3Options extends GhostNetOptions {
  readonly form?: GhostNetV3Form;
}

function version(plain: BottleneckParts): GhostNetVersion {
  const attended = { ...plain, ghost1: withDfcAttention(plain.ghost1) };
  return {
    name: 'ghostnetv3',
    parts: (index) => (index < FIRST_ATTENDED ? plain : attended),
    leastResolution: LEAST_ATTENDED_RESOLUTION,
    output: 'squeezed',
  };
}

export const ghostNetV3: Readonly<Record<GhostNetV3Form, GhostNetVersion>> = {
  training: version(trainingParts),
  reparameterized: version(reparameterizedParts),
};

/**
 * GhostNetV3 (Liu et al., "GhostNetV3: Exploring the Training Strategies for Compact Models", 2024): V2 with blocks of
 * parallel branches in training, three of the full kernel, a 1x1 and a batch norm of the input. Input `input`
 * [batch, 3, resolution, resolution], resolution at least 33; output `output` [batch, classes], or [classes] for a batch
 * of 1. The default form is `reparameterized`. No dropout unless asked for. Throws as `buildGhostNetV2` does.
 */
export function buildGhostNetV3({ form = 'reparameterized', ...options }: GhostNetV3Options): Graph {
  return assembleGhostNet({ dropout: 0, ...options }, ghostNetV3[form]).graph;
}
