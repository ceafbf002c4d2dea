import type { Graph, Value } from '@ghostc/ir';
import { GhostBuilder } from './dialect.ts';
import { type GhostBottleneckSpec, ghostBottleneck } from './ghost-layers.ts';
import { checkGhostNetSpec, type GhostNetSpec } from './ghostnet-spec.ts';
import { makeDivisible } from './make-divisible.ts';
import {
  initialParameter,
  type ParameterSpec,
  type StateDict,
  type WeightSource,
  type Weights,
} from './state.ts';

export interface GhostNetOptions extends Partial<GhostNetSpec> {
  readonly weights: Weights;
  readonly batch?: number;
  readonly inChannels?: number;
}

/** A bottleneck before the width multiplier: kernel, hidden and output channels, squeeze ratio, stride. */
type Row = readonly [kernel: number, hidden: number, out: number, seRatio: number, stride: number];

/** Table 1 of the V1 paper, stage by stage; V2 and V3 keep it. */
const stages: readonly (readonly Row[])[] = [
  [[3, 16, 16, 0, 1]],
  [[3, 48, 24, 0, 2]],
  [[3, 72, 24, 0, 1]],
  [[5, 72, 40, 0.25, 2]],
  [[5, 120, 40, 0.25, 1]],
  [[3, 240, 80, 0, 2]],
  [
    [3, 200, 80, 0, 1],
    [3, 184, 80, 0, 1],
    [3, 184, 80, 0, 1],
    [3, 480, 112, 0.25, 1],
    [3, 672, 112, 0.25, 1],
  ],
  [[5, 672, 160, 0.25, 2]],
  [
    [5, 960, 160, 0, 1],
    [5, 960, 160, 0.25, 1],
    [5, 960, 160, 0, 1],
    [5, 960, 160, 0.25, 1],
  ],
];

const HEAD_CHANNELS = 1280;

/**
 * GhostNet as a graph in the form that PyTorch exports: input `input` [batch, 3, resolution, resolution], output `output`
 * [batch, classes] (V3 at batch 1: [classes], as published). V1: Han et al., CVPR 2020; V2: Tang et al., NeurIPS 2022; V3:
 * Liu et al., 2024. Parameters bear their published names. Throws `ghostnet/state-dict` when a state dict does not fit,
 * `ghostnet/spec` for an impossible spec.
 */
export function buildGhostNet(options: GhostNetOptions): Graph {
  return assemble(options).graph;
}

/** Every parameter of the network with its shape, in the order of the layers. */
export function parameterSpecs(spec: Partial<GhostNetSpec> = {}): readonly ParameterSpec[] {
  return assemble({ ...spec, weights: 'zeros' }).parameters.asked;
}

/**
 * Seeded weights by their published names, the same that `buildGhostNet` makes from the seed: activations keep the order
 * of 1 through the network, batch-norm statistics are not trivial.
 */
export function initialState(spec: Partial<GhostNetSpec>, seed: number): StateDict {
  return new Map(
    parameterSpecs(spec).map((parameter) => [parameter.name, initialParameter(parameter, seed)]),
  );
}

interface Assembly extends Omit<GhostNetOptions, 'weights'> {
  readonly weights: WeightSource;
}

function assemble({ weights, batch = 1, inChannels = 3, ...given }: Assembly): GhostBuilder {
  const spec: GhostNetSpec = {
    variant: 'v1',
    width: 1,
    resolution: 224,
    classes: 1000,
    dropout: 0.2,
    ...withoutAbsent(given),
  };
  checkGhostNetSpec(spec);
  const build = new GhostBuilder('ghostnet', weights, spec.variant);
  const features = body(build, build.image(inChannels, spec.resolution, batch), spec.width);
  build.finish('output', head(build, features, spec));
  return build;
}

/** An option given as undefined is an option not given. */
function withoutAbsent(given: Partial<GhostNetSpec>): Partial<GhostNetSpec> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function body(build: GhostBuilder, image: Value, width: number): Value {
  const stem = build.conv('conv_stem', image, { out: makeDivisible(16 * width), kernel: 3, stride: 2 });
  let x = build.relu('act1', build.batchNorm('bn1', stem));
  let index = 0;
  for (const [stage, rows] of stages.entries())
    for (const [i, row] of rows.entries()) {
      const attention = index++ >= build.dialect.attentionFrom ? 'dfc' : 'none';
      x = ghostBottleneck(build, `blocks.${stage}.${i}`, x, { ...scaled(row, width), attention });
    }
  const last = `blocks.${stages.length}.0`;
  const wide = build.conv(`${last}.conv`, x, { out: makeDivisible(960 * width), kernel: 1 });
  return build.relu(`${last}.act1`, build.batchNorm(`${last}.bn1`, wide));
}

function scaled([dwKernel, hidden, out, seRatio, stride]: Row, width: number): GhostBottleneckSpec {
  return { mid: makeDivisible(hidden * width), out: makeDivisible(out * width), dwKernel, stride, seRatio };
}

function head(build: GhostBuilder, features: Value, { classes, dropout }: GhostNetSpec): Value {
  const pooled = build.node('global_average_pool', 'global_pool', [features]);
  const conv = build.conv('conv_head', pooled, { out: HEAD_CHANNELS, kernel: 1, bias: 'bias' });
  let x = build.node('reshape', 'flatten', [build.relu('act2', conv)], { shape: [0, -1] });
  const squeezed = build.dialect.output === 'squeezed';
  if (dropout > 0 && !squeezed) x = build.node('dropout', 'dropout', [x], { ratio: dropout });
  const scores = build.linear('classifier', x, classes);
  const shape = scores.type.shape.map(Number).filter((dim) => dim !== 1);
  return squeezed ? build.node('reshape', 'squeeze', [scores], { shape }) : scores;
}
