import { CompileError, type Graph, type Value } from '@ghostc/ir';
import { GhostBuilder } from './dialect.ts';
import { ghostModule } from './ghost-layers.ts';
import { isCount } from './ghostnet-spec.ts';
import { channelsOf } from './layer-builder.ts';
import type { Weights } from './state.ts';

export interface GhostResNetOptions {
  readonly weights: Weights;
  /** s of the paper: a Ghost module makes 1/s of its channels by convolution. 2 if absent. */
  readonly ratio?: number;
  /** d of the paper: side of the cheap kernels. 3 if absent. */
  readonly dwSize?: number;
  readonly resolution?: number;
  readonly classes?: number;
  readonly batch?: number;
}

/** Blocks of ResNet-50's four layers, and their channels inside. */
const layers = [
  { blocks: 3, width: 64, stride: 1 },
  { blocks: 4, width: 128, stride: 2 },
  { blocks: 6, width: 256, stride: 2 },
  { blocks: 3, width: 512, stride: 2 },
] as const;

const EXPANSION = 4;

/**
 * Ghost-ResNet-50 (GhostNet paper, section 4.2): ResNet-50 with a Ghost module in place of each convolution but the first,
 * stride 2 in the 3x3 one. `input` [batch, 3, resolution, resolution] to `output` [batch, classes]; parameters are named as
 * in torchvision, with the names of the Ghost module below. Throws `ghostnet/spec`, `ghostnet/state-dict`.
 */
export function buildGhostResNet50(options: GhostResNetOptions): Graph {
  const { weights, ratio = 2, dwSize = 3, resolution = 224, classes = 1000, batch = 1 } = options;
  checkRatio(ratio);
  const build = new GhostBuilder('ghost_resnet50', weights, 'v1');
  let x = stem(build, build.image(3, resolution, batch));
  for (const [i, { blocks, width, stride }] of layers.entries())
    for (let block = 0; block < blocks; block++)
      x = bottleneck(build, `layer${i + 1}.${block}`, x, {
        width,
        stride: block === 0 ? stride : 1,
        ghost: { ratio, dwSize },
      });
  const pooled = build.node('global_average_pool', 'avgpool', [x]);
  const flat = build.node('reshape', 'flatten', [pooled], { shape: [0, -1] });
  return build.finish('output', build.linear('fc', flat, classes));
}

/** Throws `ghostnet/spec` unless `ratio` is one that the paper's networks can have. */
export function checkRatio(ratio: number): void {
  if (!isCount(ratio, 1, 16))
    throw new CompileError('ghostnet/spec', `ratio expects a whole number from 1 to 16, found ${ratio}`);
}

function stem(build: GhostBuilder, image: Value): Value {
  const conv = build.conv('conv1', image, { out: 64, kernel: 7, stride: 2 });
  return build.node('max_pool', 'maxpool', [build.relu('relu', build.batchNorm('bn1', conv))], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
}

interface Bottleneck {
  readonly width: number;
  readonly stride: number;
  readonly ghost: { readonly ratio: number; readonly dwSize: number };
}

function bottleneck(
  build: GhostBuilder,
  path: string,
  x: Value,
  { width, stride, ghost }: Bottleneck,
): Value {
  const out = EXPANSION * width;
  const linear = { ...ghost, oup: out, activation: 'none' } as const;
  const narrow = ghostModule(build, `${path}.conv1`, x, { ...ghost, oup: width });
  const middle = ghostModule(build, `${path}.conv2`, narrow, {
    ...ghost,
    oup: width,
    kernelSize: 3,
    stride,
  });
  const wide = ghostModule(build, `${path}.conv3`, middle, linear);
  const same = stride === 1 && channelsOf(x) === out;
  const shortcut = same ? x : ghostModule(build, `${path}.downsample.0`, x, { ...linear, stride });
  return build.relu(`${path}.relu`, build.node('add', `${path}.add`, [wide, shortcut]));
}
