import { interpret } from '@ghostc/interpreter';
import { itemAt, parseGraph, printGraph, randomTensor, toNumbers } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { autoQuantize } from './auto-quantize.ts';
import type { Sample } from './calibrate.ts';
import { quantize } from './quantize.ts';
import { SignalToNoise } from './signal-to-noise.ts';

/** A strided convolution, depthwise and grouped ones, and a head of one pixel: channels of very different sizes. */
const net = parseGraph(
  `graph @g(%x: f32[1,4,12,12])
  const %w1: f32[12,4,3,3] = random(1)
  const %b1: f32[12] = random(2)
  const %w2: f32[12,1,3,3] = random(3)
  const %w3: f32[16,6,1,1] = random(4)
  const %w4: f32[10,16] = random(5)
  const %b4: f32[10] = random(6)
  %a = conv2d %x, %w1, %b1 {pads=[1, 1, 1, 1], strides=[2, 2], activation="relu"}
  %d = depthwise_conv2d %a, %w2 {pads=[1, 1, 1, 1]}
  %g = conv2d %d, %w3 {group=2}
  %h = hard_swish %g
  %m = global_average_pool %h
  %f = reshape %m {shape=[1, 16]}
  %y = fully_connected %f, %w4, %b4
  return %y`,
  { registry },
);

/** Smooth pictures: their channels and pixels go together. */
function samples(count: number, from: number): Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const x = randomTensor({ dtype: 'f32', shape: [1, 4, 12, 12] }, from + i);
    const data = x.data as Float32Array;
    for (let k = 1; k < data.length; k++) data[k] = 0.8 * (data[k - 1] ?? 0) + 0.2 * ((data[k] ?? 0) + 0.5);
    return { name: `${from + i}`, inputs: new Map([['x', x]]) };
  });
}

const seen = samples(16, 1);
const unseen = samples(16, 1001);

function sqnr(graph: ReturnType<typeof quantize>['graph']): number {
  const total = new SignalToNoise();
  for (const { inputs } of unseen)
    total.addOutputs(interpret(net, inputs).values(), interpret(graph, inputs).values());
  return total.decibels;
}

describe('fitted layers', () => {
  const wide = { int16Part: 1 };

  test('weights are better than biases, and biases than rounding, on inputs that neither saw', () => {
    const rounded = sqnr(quantize(net, seen, wide).graph);
    const biases = sqnr(quantize(net, seen, { ...wide, fit: 'biases' }).graph);
    const weights = sqnr(quantize(net, seen, { ...wide, fit: 'weights' }).graph);
    expect(biases).toBeGreaterThan(rounded + 0.5);
    expect(weights).toBeGreaterThan(biases + 0.5);
  });

  test('a layer that nothing comes through gets only a bias', () => {
    const dead = parseGraph(
      `graph @g(%x: f32[1,2,4,4])
      const %w1: f32[2,2,1,1] = [0, 0, 0, 0]
      const %w2: f32[2,2,1,1] = [1, 2, 3, 4]
      %a = conv2d %x, %w1
      %y = conv2d %a, %w2
      return %y`,
      { registry },
    );
    const some = [1, 2].map((seed) => ({
      name: `${seed}`,
      inputs: new Map([['x', randomTensor({ dtype: 'f32', shape: [1, 2, 4, 4] }, seed)]]),
    }));
    const { graph } = quantize(dead, some, { fit: 'weights' });
    expect(new Set(toNumbers(itemAt([...interpret(graph, itemAt(some, 0).inputs).values()], 0)))).toEqual(
      new Set([0]),
    );
  });
});

describe('the search', () => {
  test('is better than plain quantisation on unseen inputs, tells its steps, and makes the same again', () => {
    const told: string[] = [];
    const run = (): ReturnType<typeof autoQuantize> =>
      autoQuantize(net, seen, { int16Part: 0.1, onStep: ({ step }) => told.push(step) });
    const found = run();
    expect(sqnr(found.graph)).toBeGreaterThan(sqnr(quantize(net, seen).graph) + 1);
    expect(found.steps.map(({ step }) => step)).toEqual(told);
    expect(found.steps[0]).toMatchObject({ step: 'ranges of all values', kept: true });
    const kept = found.steps.filter((step) => step.kept).map((step) => step.sqnr);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    expect(printGraph(run().graph)).toEqual(printGraph(found.graph));
  });

  test('leaves out what goes beyond the effort, and never the first step', () => {
    const { steps, leftOut } = autoQuantize(net, seen, { effort: 0 });
    expect(steps.map(({ step }) => step)).toEqual(['ranges of all values']);
    expect(leftOut).toContain('fitted weights');
  });

  test('one sample judges itself; integer outputs are judged as what they stand for', () => {
    const { steps, graph } = autoQuantize(net, seen.slice(0, 1), { io: 'int8' });
    expect(itemAt(steps, 0).sqnr).toBeGreaterThan(20);
    expect(graph.outputs[0]?.value.type.dtype).toBe('i8');
  });
});
