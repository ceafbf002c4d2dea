import { interpreterRuntime, type Runtime, seededInputs } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { fromNumbers, type Graph, itemAt, parseGraph, toNumbers } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { createRuntime } from '../runtime-table.ts';
import { layersInOrt } from './layers-in-ort.ts';
import { runWithSteps } from './noise-of-steps.ts';
import { verifyInOrt } from './verify-in-ort.ts';

function model(weights: number): Graph {
  const text = `graph @q(%x: i8[1,8,6,6] quant(0.05:3))
  const %w: i8[8,8,1,1] quant(0.01:0) = random(${weights})
  const %b: i32[8] quant(0.0005:0) = random(2)
  %y = qlinear_conv2d %x, %w, %b {strides=[1, 1], dilations=[1, 1], pads=[0, 0, 0, 0], group=1, y_scale=0.05, y_zero_point=0, y_dtype="i8", rounding="double"}
  return %y
`;
  return parseGraph(text, { registry, resources: new Map(), file: 'q.gir' });
}

const graph = model(1);
const inputs = seededInputs(graph, 1);
const dataSets = [{ name: 'seed 1', inputs, outputs: interpret(graph, inputs) }];

test('a run with steps has as many as the layers, each by one', () => {
  const layer = { op: 'qlinear_conv2d', name: 'y', steps: 1, allowed: 1, elements: 100 };
  const right = toNumbers(itemAt([...interpret(graph, inputs).values()], 0));
  const steps = (different: number): number[] => {
    const outputs = runWithSteps(graph, inputs, { layers: [{ ...layer, different }], seed: 1 });
    return Array.from(toNumbers(itemAt([...outputs.values()], 0)), (value, i) => value - Number(right[i]));
  };
  expect(steps(0).every((step) => step === 0)).toBe(true);
  // those at an end of the range stay there
  expect(new Set(steps(100))).toEqual(new Set([1, 0, -1]));
  const moved = (all: readonly number[]): number => all.filter((step) => step !== 0).length / all.length;
  expect(moved(steps(10))).toBeCloseTo(moved(steps(100)) / 10, 1);
});

describe('ONNX Runtime against integers', () => {
  test('passes, and says how far each layer by itself is off', async () => {
    const result = await verifyInOrt(createRuntime('onnx'), graph, dataSets);
    expect(result).toMatchObject({ target: 'onnx', status: 'pass' });
    expect(result.note).toMatch(/^1 layer by itself: (the same|0\.\d+ % of the elements one step off)/);
  });

  test('fails where the whole is another model, though its layers are right', async () => {
    const other: Runtime = { ...interpreterRuntime, prepare: () => interpreterRuntime.prepare(model(7)) };
    const result = await verifyInOrt(other, graph, dataSets);
    expect(result.status).toBe('fail');
    expect(result.message).toMatch(/outputs -?\d+\.\d dB above the noise, expected at least 20/);
  });

  test('an engine that fails is an error', async () => {
    const broken: Runtime = { name: 'broken', prepare: () => Promise.reject(new Error('no memory')) };
    expect(await verifyInOrt(broken, graph, dataSets)).toMatchObject({
      status: 'error',
      message: 'no memory',
    });
  });

  test('NaN and infinities that both have are no difference', async () => {
    const text = `graph @q(%x: i8[1,4] quant(0.5:0))
  const %zero: f32[1,4] = [0, 0, 0, 0]
  %f = dequantize_linear %x
  %y = div %f, %zero
  return %y
`;
    const model = parseGraph(text, { registry, resources: new Map() });
    const x = new Map([['x', fromNumbers('i8', [1, 4], [0, 1, -1, 0])]]);
    const set = { name: 'zeros', inputs: x, outputs: interpret(model, x) };
    expect(set.outputs.get('y')?.data).toEqual(Float32Array.of(NaN, Infinity, -Infinity, NaN));
    expect(await verifyInOrt(createRuntime('onnx'), model, [set])).toMatchObject({
      status: 'pass',
      note: '2 layers, each by itself: the same',
    });
  });

  test('an index is to be the same: a step is allowed only of quantised results', async () => {
    const text = `graph @q(%x: i8[1,4,2,2] quant(0.5:0))
  %a = max_pool %x {kernel_shape=[2, 2]}
  %i = arg_max %a {axis=1}
  return %i
`;
    const model = parseGraph(text, { registry, resources: new Map() });
    const layers = await layersInOrt(model, [seededInputs(model, 1)]);
    expect(layers.map(({ op, allowed, steps }) => [op, allowed, steps])).toEqual([
      ['max_pool', 1, 0],
      ['arg_max', 0, 0],
    ]);
  });
});
