import type { Graph, Value } from '@ghostc/ir';
import { checkRatio } from './build-ghost-resnet.ts';
import { GhostBuilder } from './dialect.ts';
import { ghostModule } from './ghost-layers.ts';
import type { Weights } from './state.ts';

export interface GhostVggOptions {
  readonly weights: Weights;
  /** s of the paper: a Ghost module makes 1/s of its channels by convolution. 2 if absent. */
  readonly ratio?: number;
  /** d of the paper: side of the cheap kernels. 3 if absent. */
  readonly dwSize?: number;
  readonly classes?: number;
  readonly batch?: number;
}

/** Channels of VGG-16's convolutions; a stage ends with a 2x2 maximum. */
const stages = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
] as const;

const CIFAR_SIZE = 32;
const HIDDEN = 512;

/**
 * Ghost-VGG-16 for CIFAR-10 (GhostNet paper, section 4.1): VGG-16 with batch norm and a 512-512-10 classifier, a Ghost
 * module in place of each convolution but the first. `input` [batch, 3, 32, 32] to `output` [batch, classes]; parameters
 * `features.N...`, `classifier.N...`. Throws `ghostnet/spec`, `ghostnet/state-dict`.
 */
export function buildGhostVgg16(options: GhostVggOptions): Graph {
  const { weights, ratio = 2, dwSize = 3, classes = 10, batch = 1 } = options;
  checkRatio(ratio);
  const build = new GhostBuilder('ghost_vgg16', weights, 'v1');
  const features = convolutions(build, build.image(3, CIFAR_SIZE, batch), { ratio, dwSize });
  const flat = build.node('reshape', 'flatten', [features], { shape: [0, -1] });
  const hidden = build.relu('classifier.1', build.linear('classifier.0', flat, HIDDEN));
  return build.finish('output', build.linear('classifier.2', hidden, classes));
}

/** Positions in `features`: the first convolution, its batch norm and ReLU take 0 to 2, then each module takes one. */
function convolutions(
  build: GhostBuilder,
  image: Value,
  ghost: { readonly ratio: number; readonly dwSize: number },
): Value {
  const [[first]] = stages;
  const stem = build.conv('features.0', image, { out: first, kernel: 3 });
  let x = build.relu('features.2', build.batchNorm('features.1', stem));
  let position = 3;
  for (const [i, stage] of stages.entries()) {
    for (const oup of i === 0 ? stage.slice(1) : stage)
      x = ghostModule(build, `features.${position++}`, x, { ...ghost, oup, kernelSize: 3 });
    x = build.node('max_pool', `features.${position++}`, [x], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  return x;
}
