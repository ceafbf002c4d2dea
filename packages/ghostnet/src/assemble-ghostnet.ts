import { CompileError, type Value } from '@ghostc/ir';
import {
  type BottleneckParts,
  type GhostBottleneckSpec,
  ghostBottleneck,
  makeDivisible,
} from './ghost-layers.ts';
import { LayerBuilder } from './layer-builder.ts';
import type { Weights } from './state.ts';

export interface GhostNetSpec {
  /** Width multiplier: 0.5, 1.0 and 1.3 are published. */
  readonly width: number;
  /** Height and width of the input in pixels. */
  readonly resolution: number;
  readonly classes: number;
  /** Rate of the dropout before the classifier; it does nothing at inference. 0 leaves the node out. */
  readonly dropout: number;
  /** Outputs of a Ghost module over those of its primary convolution: 2 in the paper's networks. */
  readonly ratio: number;
  /** Height and width of the cheap operation of every Ghost module, odd: 3 in the paper's networks. */
  readonly dwSize: number;
  /** Blocks of each stage over those of the paper, rounded up: the first ones, or the last one again. */
  readonly depth: number;
  /** Channels of a squeeze / channels of its input, where the paper has one (0.25); 0 for none. */
  readonly se: number;
}

export interface GhostNetOptions extends Partial<GhostNetSpec> {
  readonly weights: Weights;
  readonly batch?: number;
  readonly inChannels?: number;
}

/** What distinguishes the versions of GhostNet. */
export interface GhostNetVersion {
  readonly name: string;
  /** Parts of bottleneck number `index`, counted through all stages. */
  readonly parts: (index: number) => BottleneckParts;
  /** Least height and width of the input. */
  readonly leastResolution: number;
  /** Bottlenecks stage by stage: those of GhostNet V1 if absent. */
  readonly stages?: readonly (readonly Row[])[];
  /** V3 returns [classes] for a single image. */
  readonly output: 'matrix' | 'squeezed';
}

/** A bottleneck before the width multiplier: kernel, hidden and output channels, squeeze ratio, stride. */
export type Row = readonly [kernel: number, hidden: number, out: number, seRatio: number, stride: number];

/** Table 1 of the paper, stage by stage. */
const published: readonly (readonly Row[])[] = [
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

const defaults: GhostNetSpec = {
  ...{ width: 1, resolution: 224, classes: 1000, dropout: 0.2 },
  ...{ ratio: 2, dwSize: 3, depth: 1, se: 0.25 },
};

/** Builds a version; the builder knows its parameters. Throws `ghostnet/state-dict` and `ghostnet/spec`. */
export function assembleGhostNet(options: GhostNetOptions, version: GhostNetVersion): LayerBuilder {
  const spec = { ...defaults, ...options };
  checkSpec(spec, version.leastResolution);
  const { width, resolution } = spec;
  const { batch = 1, inChannels = 3 } = options;
  const build = new LayerBuilder(version.name, options.weights);
  const input = build.graph.addInput('input', {
    dtype: 'f32',
    shape: [batch, inChannels, resolution, resolution],
  });
  const stem = build.conv('conv_stem', input, { out: makeDivisible(16 * width), kernel: 3, stride: 2 });
  const body = buildStages(build, build.relu('act1', build.batchNorm('bn1', stem)), spec, version);
  const last = `blocks.${(version.stages ?? published).length}.0`;
  const logits = buildHead(build, body, { ...spec, last });
  build.finish('output', version.output === 'squeezed' ? squeezed(build, logits) : logits);
  return build;
}

function buildStages(build: LayerBuilder, x: Value, spec: GhostNetSpec, version: GhostNetVersion): Value {
  let [y, index] = [x, 0];
  (version.stages ?? published).forEach((rows, stage) => {
    rowsAtDepth(rows, spec.depth).forEach((row, i) => {
      const block = { ...scaled(row, spec), parts: version.parts(index++) };
      y = ghostBottleneck(build, `blocks.${stage}.${i}`, y, block);
    });
  });
  return y;
}

function rowsAtDepth(rows: readonly Row[], depth: number): Row[] {
  const count = Math.ceil(rows.length * depth);
  return Array.from({ length: count }, (_, i) => rows[Math.min(i, rows.length - 1)] as Row);
}

/** Last 1x1 convolution, mean over the image, hidden layer, classifier: [batch, classes]. */
function buildHead(
  build: LayerBuilder,
  x: Value,
  { width, classes, dropout, last }: GhostNetSpec & { readonly last: string },
): Value {
  const wide = build.conv(`${last}.conv`, x, { out: makeDivisible(960 * width), kernel: 1 });
  const mean = build.node('global_average_pool', 'global_pool', [
    build.relu(`${last}.act1`, build.batchNorm(`${last}.bn1`, wide)),
  ]);
  const hidden = build.relu(
    'act2',
    build.conv('conv_head', mean, { out: HEAD_CHANNELS, kernel: 1, bias: 'bias' }),
  );
  const flat = build.node('reshape', 'flatten', [hidden], { shape: [0, -1] });
  const kept = dropout > 0 ? build.node('dropout', 'dropout', [flat], { ratio: dropout }) : flat;
  return build.linear('classifier', kept, classes);
}

/** PyTorch's squeeze: dimensions of size 1 go. */
function squeezed(build: LayerBuilder, x: Value): Value {
  const shape = x.type.shape.map(Number).filter((dim) => dim !== 1);
  return shape.length === x.type.shape.length ? x : build.node('reshape', 'squeeze', [x], { shape });
}

function scaled(
  [dwKernel, hidden, out, seRatio, stride]: Row,
  { width, ratio, dwSize, se }: GhostNetSpec,
): GhostBottleneckSpec {
  const channels = { mid: makeDivisible(hidden * width), out: makeDivisible(out * width) };
  return { ...channels, dwKernel, stride, seRatio: seRatio > 0 ? se : 0, ghost: { ratio, dwSize } };
}

const MAX_WIDTH = 16;
const MAX_SIZE = 4096;
const MAX_DEPTH = 4;

const integer = (value: number, most: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= most;

function checkSpec(spec: GhostNetSpec, least: number): void {
  const { width, resolution, classes, dropout } = spec;
  const problems = [
    !(width > 0 && width <= MAX_WIDTH) && `width expects a number up to ${MAX_WIDTH}, found ${width}`,
    !(integer(resolution, MAX_SIZE) && resolution >= least) &&
      `resolution expects ${least} to ${MAX_SIZE} pixels, found ${resolution}`,
    !integer(classes, 1e6) && `classes expects 1 to 1000000, found ${classes}`,
    !(dropout >= 0 && dropout < 1) && `dropout expects a rate from 0 up to 1, found ${dropout}`,
    ...blockProblems(spec),
  ].filter((problem) => problem !== false);
  if (problems.length) throw new CompileError('ghostnet/spec', problems.join('; '));
}

function blockProblems({ ratio, dwSize, depth, se }: GhostNetSpec): (string | false)[] {
  return [
    !(integer(ratio, 64) && ratio >= 2) && `ratio expects an integer from 2 to 64, found ${ratio}`,
    !(integer(dwSize, 31) && dwSize % 2 === 1) && `dw expects an odd integer from 1 to 31, found ${dwSize}`,
    !(depth > 0 && depth <= MAX_DEPTH) && `depth expects a number up to ${MAX_DEPTH}, found ${depth}`,
    !(se >= 0 && se <= 1) && `se expects a number from 0 to 1, found ${se}`,
  ];
}
