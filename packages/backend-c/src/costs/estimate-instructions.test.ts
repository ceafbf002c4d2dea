import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import type { CLayer } from '../c-program.ts';
import { emitC } from '../emit-c.ts';
import { planC } from '../plan-c.ts';
import {
  costBuilds,
  costFeatures,
  costKinds,
  instructionCosts,
  layerInstructions,
} from './estimate-instructions.ts';

function layersOf(text: string): readonly CLayer[] {
  return emitC(planC(parseGraph(text, { registry }), { device: 'cortex-m0plus' }), { name: 'net' }).layers;
}

const float = layersOf(`graph @f(%x: f32[1,4,16,16])
  const %w1: f32[8,4,3,3] = random(1)
  const %w2: f32[8,1,5,5] = random(2)
  const %w3: f32[6,8,1,1] = random(3)
  const %w4: f32[5,54] = random(4)
  %a = conv2d %x, %w1 {pads=[1,1,1,1], activation="relu"}
  %b = depthwise_conv2d %a, %w2 {pads=[2,2,2,2], strides=[2,2], activation="hard_swish"}
  %c = conv2d %b, %w3 {activation="sigmoid"}
  %d = max_pool %c {kernel_shape=[3,3], strides=[2,2]}
  %e = reshape %d {shape=[1,54]}
  %f = fully_connected %e, %w4
  %y = softmax %f {axis=1}
  return %y`);

const bytes = layersOf(`graph @q(%x: i8[1,4,16,16] quant(0.05:-5))
  const %w1: i8[8,4,3,3] quant(axis=0, 0.1:0, 0.1:0, 0.1:0, 0.1:0, 0.1:0, 0.1:0, 0.1:0, 0.1:0) = random(1)
  %a = qlinear_conv2d %x, %w1 {pads=[1,1,1,1], y_scale=0.1, y_zero_point=7}
  %b = max_pool %a {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}
  %c = qlinear_global_average_pool %b {y_scale=0.01}
  return %c`);

test.each(costBuilds)('layers of networks have counted costs on %s, one for each feature', (build) => {
  for (const layer of [...float, ...bytes].filter(({ op }) => op !== 'reshape')) {
    const kind = costKinds(layer).find((one) => Object.hasOwn(instructionCosts[build], one)) ?? '';
    const factors = instructionCosts[build][kind];
    expect(factors, `${costKinds(layer)}`).toHaveLength(costFeatures(layer).length);
    expect(layerInstructions(layer, build), kind).toBeGreaterThan(0);
  }
});

test('average pools that divide, as TFLite has them, have costs of their own', () => {
  const [divided, scaled] = layersOf(`graph @p(%x: i8[1,4,32,32] quant(0.05:-5))
  %a = qlinear_average_pool %x {kernel_shape=[2,2], strides=[2,2], y_scale=0.05, y_zero_point=-5}
  %y = qlinear_average_pool %a {kernel_shape=[2,2], strides=[2,2], y_scale=0.04}
  return %y`) as [CLayer, CLayer];
  expect([divided.form, scaled.form]).toEqual(['divided', '']);
  for (const build of costBuilds)
    for (const layer of [divided, scaled])
      expect(Object.keys(instructionCosts[build])).toContain(costKinds(layer)[0]);
  // 40 instructions an output, 110 where it multiplies by 64 bits
  const each = (layer: CLayer, outputs: number): number =>
    layerInstructions(layer, 'cortex-m0plus') / outputs;
  expect(each(divided, 4 * 16 * 16)).toBeLessThan(0.6 * each(scaled, 4 * 8 * 8));
});

test('what a layer costs follows its window, its activation and the bands it runs in', () => {
  const [conv, depthwise, point] = float.filter(({ macs }) => macs > 0) as [CLayer, CLayer, CLayer];
  const cost = (layer: CLayer): number => layerInstructions(layer, 'cortex-m4');
  expect(depthwise).toMatchObject({ window: [5, 5], stride: [2, 2], padded: true, activation: 'hard_swish' });
  expect(cost(point)).toBeGreaterThan(1.3 * cost({ ...point, activation: 'relu' }));
  expect(cost({ ...conv, calls: 3 })).toBeCloseTo(3 * cost(conv));
  const pad: CLayer = { ...conv, op: 'pad', dtype: 'i8', macs: 0, window: [1, 1], padded: true };
  expect(cost(pad)).toBeLessThan(12 * 8 * 16 * 16);
  expect(cost({ ...depthwise, op: 'unheard_of' })).toBeGreaterThan(depthwise.macs);
});
