import { type Graph, parseGraph, randomTensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { roundingNoise } from './rounding-noise.ts';

const weights = `
  const %w: f32[32,64,1,1] = random(1)
  const %b: f32[32] = random(2)
  const %v: f32[32,1,3,3] = random(3)
  const %c: f32[32] = random(4)
  const %r: f32[16,64,1,1] = random(5)
  const %s: f32[16] = random(6)
  const %e: f32[64,16,1,1] = random(7)
  const %t: f32[64] = random(8)`;

const composite = parseGraph(
  `graph @composite(%x: f32[1,64,5,5])${weights}
  %g = ghost_module %x, %w, %b, %v, %c {oup=64, activation="relu", cheap_activation="relu"}
  %y = squeeze_excite %g, %r, %s, %e, %t
  return %y`,
  { registry },
);

const plain = parseGraph(
  `graph @plain(%x: f32[1,64,5,5])${weights}
  %p = conv2d %x, %w, %b {activation="relu"}
  %q = depthwise_conv2d %p, %v, %c {pads=[1,1,1,1], activation="relu"}
  %g = concat %p, %q
  %m = global_average_pool %g
  %n = conv2d %m, %r, %s {activation="relu"}
  %f = conv2d %n, %e, %t {activation="hard_sigmoid", activation_params=[0.16666666666666666, 0.5]}
  %y = mul %g, %f
  return %y`,
  { registry },
);

test('composite ops are as noisy as their parts', () => {
  const noiseOf = (graph: Graph): number => {
    const inputs = new Map([['x', randomTensor({ dtype: 'f32', shape: [1, 64, 5, 5] }, 9)]]);
    return [...roundingNoise(graph, inputs, { runs: 4, arithmetic: 'f32' }).values()][0]?.rms ?? 0;
  };
  expect(noiseOf(composite)).toBeGreaterThan(0);
  expect(noiseOf(composite) / noiseOf(plain)).toBeCloseTo(1, 1);
});
