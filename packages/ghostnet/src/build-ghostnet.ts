import { CompileError, type Graph } from '@ghostc/ir';
import {
  type GhostBottleneckSpec,
  type GhostModuleSpec,
  ghostBottleneck,
  ghostModule,
  makeDivisible,
} from './ghost-layers.ts';
import { LayerBuilder } from './layer-builder.ts';
import type { ParameterSpec, Weights } from './state.ts';

export interface GhostNetSpec {
  /** Width multiplier: 0.5, 1.0 and 1.3 are published. */
  readonly width: number;
  /** Height and width of the input in pixels. */
  readonly resolution: number;
  readonly classes: number;
  /** Rate of the dropout before the classifier; it does nothing at inference. 0 leaves the node out. */
  readonly dropout: number;
}

export interface GhostNetOptions extends Partial<GhostNetSpec> {
  readonly weights: Weights;
  readonly batch?: number;
  readonly inChannels?: number;
}

/** A bottleneck before the width multiplier: kernel, hidden and output channels, squeeze ratio, stride. */
type Row = readonly [kernel: number, hidden: number, out: number, seRatio: number, stride: number];

/** Table 1 of the paper, stage by stage. */
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
 * GhostNet V1 (Han et al., "GhostNet: More Features from Cheap Operations", CVPR 2020) as a graph in the form that PyTorch
 * exports: input `input` [batch, 3, resolution, resolution], output `output` [batch, classes]. Parameters bear their
 * published names. Throws `ghostnet/state-dict` when a state dict does not fit, `ghostnet/spec` for an impossible spec.
 */
export function buildGhostNet(options: GhostNetOptions): Graph {
  return assemble(options).graph;
}

/** Trained parameters: running means and variances of batch norms do not count. */
export function parameterCount(options: Partial<GhostNetSpec> = {}): number {
  return parameterSpecs(options).reduce(
    (sum, { kind, shape }) => sum + (kind === 'mean' || kind === 'variance' ? 0 : product(shape)),
    0,
  );
}

/** Every parameter of the network with its shape, in the order of the layers. */
export function parameterSpecs(options: Partial<GhostNetSpec> = {}): readonly ParameterSpec[] {
  return assemble({ ...options, weights: { seed: 0 } }).parameters.asked;
}

function assemble(options: GhostNetOptions): LayerBuilder {
  const {
    width = 1,
    resolution = 224,
    classes = 1000,
    dropout = 0.2,
    weights,
    batch = 1,
    inChannels = 3,
  } = options;
  checkSpec({ width, resolution, classes, dropout });
  const build = new LayerBuilder('ghostnet', weights);
  const input = build.graph.addInput('input', {
    dtype: 'f32',
    shape: [batch, inChannels, resolution, resolution],
  });
  const stem = build.conv('conv_stem', input, { out: makeDivisible(16 * width), kernel: 3, stride: 2 });
  let x = build.relu('act1', build.batchNorm('bn1', stem));
  stages.forEach((rows, stage) =>
    rows.forEach((row, i) => {
      x = ghostBottleneck(build, `blocks.${stage}.${i}`, x, scaled(row, width));
    }),
  );
  const last = `blocks.${stages.length}.0`;
  const wide = build.conv(`${last}.conv`, x, { out: makeDivisible(960 * width), kernel: 1 });
  x = build.node('global_average_pool', 'global_pool', [
    build.relu(`${last}.act1`, build.batchNorm(`${last}.bn1`, wide)),
  ]);
  x = build.relu('act2', build.conv('conv_head', x, { out: HEAD_CHANNELS, kernel: 1, bias: 'bias' }));
  x = build.node('reshape', 'flatten', [x], { shape: [0, -1] });
  if (dropout > 0) x = build.node('dropout', 'dropout', [x], { ratio: dropout });
  build.finish('output', build.linear('classifier', x, classes));
  return build;
}

function scaled([dwKernel, hidden, out, seRatio, stride]: Row, width: number): GhostBottleneckSpec {
  return { mid: makeDivisible(hidden * width), out: makeDivisible(out * width), dwKernel, stride, seRatio };
}

const MAX_WIDTH = 16;
const MAX_SIZE = 4096;

function checkSpec({ width, resolution, classes, dropout }: GhostNetSpec): void {
  const integer = (value: number, most: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most;
  const problems = [
    !(width > 0 && width <= MAX_WIDTH) && `width expects a number up to ${MAX_WIDTH}, found ${width}`,
    !integer(resolution, MAX_SIZE) && `resolution expects 1 to ${MAX_SIZE} pixels, found ${resolution}`,
    !integer(classes, 1e6) && `classes expects 1 to 1000000, found ${classes}`,
    !(dropout >= 0 && dropout < 1) && `dropout expects a rate from 0 up to 1, found ${dropout}`,
  ].filter((problem) => problem !== false);
  if (problems.length) throw new CompileError('ghostnet/spec', problems.join('; '));
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, dim) => total * dim, 1);
}

export interface BlockOptions {
  readonly inp: number;
  /** Height and width of the input. */
  readonly size: number;
  readonly weights: Weights;
}

/** A Ghost module alone, as a graph. */
export function buildGhostModule({ inp, size, weights, ...spec }: BlockOptions & GhostModuleSpec): Graph {
  const build = new LayerBuilder('ghost_module', weights);
  const input = build.graph.addInput('input', { dtype: 'f32', shape: [1, inp, size, size] });
  return build.finish('output', ghostModule(build, '', input, spec));
}

/** A Ghost bottleneck alone, as a graph. */
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
