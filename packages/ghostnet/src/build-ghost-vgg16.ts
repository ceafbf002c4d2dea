import type { Graph, Value } from '@ghostc/ir';
import { ghostModule } from './ghost-layers.ts';
import { LayerBuilder } from './layer-builder.ts';
import { checkRatioSpec, type RatioModelOptions } from './ratio-model.ts';

/** Channels of the 3x3 convolutions of VGG-16, stage by stage; each stage ends in a 2x2 maximum. */
const stages = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
] as const;

const HIDDEN = 512;

/**
 * Ghost-VGG-16 for CIFAR-10 (Han et al., CVPR 2020, section 4.1): VGG-16 with batch norms, in which Ghost
 * modules of ratio s and 3x3 cheap operations replace every convolution but the first; the classifier is a
 * hidden layer of 512 and a layer for the classes, both plain. Input `input` [batch, 3, resolution,
 * resolution], output `output` [batch, classes]; by default 32 pixels, 10 classes, s = 2. A larger image is
 * averaged before the classifier.
 *
 * With these choices s = 2 has the paper's 7.65 M parameters (trained) and 159 M multiply-accumulates. Throws
 * `ghostnet/state-dict` and `ghostnet/spec`.
 */
export function buildGhostVgg16(options: RatioModelOptions): Graph {
  return assembleGhostVgg16(options).graph;
}

export function assembleGhostVgg16(options: RatioModelOptions): LayerBuilder {
  const spec = { ratio: 2, resolution: 32, classes: 10, batch: 1, ...options };
  checkRatioSpec(spec, 2 ** stages.length);
  const { ratio, resolution, classes, batch, weights } = spec;
  const build = new LayerBuilder('ghost_vgg16', weights);
  const input = build.graph.addInput('input', { dtype: 'f32', shape: [batch, 3, resolution, resolution] });
  const features = buildFeatures(build, input, ratio);
  const mean =
    features.type.shape[2] === 1 ? features : build.node('global_average_pool', 'avgpool', [features]);
  const flat = build.node('reshape', 'flatten', [mean], { shape: [0, -1] });
  const hidden = build.relu('classifier.1', build.linear('classifier.0', flat, HIDDEN));
  build.finish('output', build.linear('classifier.2', hidden, classes));
  return build;
}

function buildFeatures(build: LayerBuilder, input: Value, ratio: number): Value {
  let x = input;
  stages.forEach((widths, stage) => {
    widths.forEach((oup, i) => {
      const path = `features.${stage}.${i}`;
      x =
        x === input
          ? firstConv(build, path, x, oup)
          : ghostModule(build, path, x, { oup, ratio, kernelSize: 3 });
    });
    x = build.node('max_pool', `features.${stage}.pool`, [x], { kernel_shape: [2, 2], strides: [2, 2] });
  });
  return x;
}

function firstConv(build: LayerBuilder, path: string, x: Value, out: number): Value {
  return build.relu(
    `${path}.2`,
    build.batchNorm(`${path}.1`, build.conv(`${path}.0`, x, { out, kernel: 3 })),
  );
}
