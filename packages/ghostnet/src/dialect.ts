import { LayerBuilder } from './layer-builder.ts';
import type { WeightSource } from './state.ts';

/** V3 as it is trained has parallel branches; `v3` is the same network re-parameterised for inference. */
export const ghostNetVariants = ['v1', 'v2', 'v3', 'v3-training'] as const;
export type GhostNetVariant = (typeof ghostNetVariants)[number];

/** In what the published generations of GhostNet differ. */
export interface Dialect {
  /** A convolution is written with its batch norm, with that folded into its bias, or as parallel branches. */
  readonly convolution: 'batch-norm' | 'folded' | 'branches';
  /** Which Ghost modules cut their output to `oup` channels: V3 leaves it to those with attention. */
  readonly slice: 'always' | 'attention';
  /** First bottleneck, counted from 0, whose first Ghost module has DFC attention. */
  readonly attentionFrom: number;
  /** Divides the attention before its sigmoid. */
  readonly gateScale?: number;
  /** V3 drops all dimensions of size 1 of its output. */
  readonly output: 'matrix' | 'squeezed';
}

const v3 = { slice: 'attention', attentionFrom: 2, gateScale: 1, output: 'squeezed' } as const;

export const dialects: Readonly<Record<GhostNetVariant, Dialect>> = {
  v1: {
    convolution: 'batch-norm',
    slice: 'always',
    attentionFrom: Number.POSITIVE_INFINITY,
    output: 'matrix',
  },
  v2: { convolution: 'batch-norm', slice: 'always', attentionFrom: 2, output: 'matrix' },
  v3: { ...v3, convolution: 'folded' },
  'v3-training': { ...v3, convolution: 'branches' },
};

/** Builds the layers of one generation of GhostNet. */
export class GhostBuilder extends LayerBuilder {
  readonly dialect: Dialect;

  constructor(name: string, weights: WeightSource, variant: GhostNetVariant) {
    super(name, weights);
    this.dialect = dialects[variant];
  }
}
