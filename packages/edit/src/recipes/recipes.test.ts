import { f32, type Graph, parseGraph, randomTensor, type Tensor, toNumbers } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { edit, loadOnnx, saveOnnx } from '../index.ts';
import { addPostprocessing } from './add-postprocessing.ts';
import { addPreprocessing } from './add-preprocessing.ts';
import { convertFloat16 } from './convert-float16.ts';
import { insertObservers } from './insert-observers.ts';

const ops = (graph: Graph): string[] => [...graph.nodes()].map(({ op }) => op);
const run = (graph: Graph, ...inputs: Tensor[]): number[] =>
  evaluateGraph(graph, inputs).flatMap((one) => Array.from(toNumbers(one), Number));

function expectClose(found: readonly number[], wanted: readonly number[], relative = 1e-5): void {
  const most = Math.max(...wanted.map(Math.abs));
  expect(found.length).toBe(wanted.length);
  expect(Math.max(...found.map((one, i) => Math.abs(one - (wanted[i] ?? Number.NaN))))).toBeLessThan(
    relative * most,
  );
}

const convolution = (attrs: string, bias = '', size = 8): Graph => {
  const weights = Array.from({ length: 4 * 3 * 9 }, (_, i) => Math.sin(i * 1.7).toFixed(3));
  return parseGraph(
    `graph @g(%image: f32[1,3,${size},${size}])
  const %w: f32[4,3,3,3] = [${weights}]
  const %b: f32[4] = [1,-2,3,0.5]
  %0 = conv2d %image, %w${bias} {${attrs}}
  %1 = relu %0
  return %1 as "y"`,
    { registry },
  );
};

describe('addPreprocessing', () => {
  const pixels: Tensor = {
    dtype: 'u8',
    shape: [1, 8, 8, 3],
    data: Uint8Array.from({ length: 192 }, (_, i) => (i * 97) % 256),
  };
  const options = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

  /** What the model took: [N,C,H,W], normalised by hand. */
  function byHand(reversed: boolean): Tensor {
    const data = Float32Array.from({ length: 192 }, (_, i) => {
      const [c, at] = [Math.floor(i / 64), i % 64];
      const pixel = (pixels.data[at * 3 + (reversed ? 2 - c : c)] as number) / 255;
      return (pixel - (options.mean[c] ?? 0)) / (options.std[c] ?? 1);
    });
    return { dtype: 'f32', shape: [1, 3, 8, 8], data };
  }

  test.each([
    ['no pads', 'strides=[1,1]', '', ['cast', 'transpose', 'conv2d', 'relu']],
    ['pads', 'pads=[1,1,1,1]', ', %b', ['cast', 'transpose', 'conv2d', 'add', 'relu']],
    [
      'uneven pads, strides and dilations',
      'pads=[0,2,1,0], strides=[2,1], dilations=[1,2]',
      ', %b',
      ['cast', 'transpose', 'conv2d', 'add', 'relu'],
    ],
  ])('is folded into the first convolution: %s', (_, attrs, bias, wanted) => {
    const graph = convolution(attrs, bias);
    for (const channels of ['kept', 'reversed'] as const) {
      const whole = addPreprocessing(graph, { ...options, channels, dtype: 'u8', layout: 'nhwc' });
      expect(ops(whole)).toEqual(wanted);
      expect(whole.inputs[0]?.type).toEqual({ dtype: 'u8', shape: [1, 8, 8, 3] });
      expectClose(run(whole, pixels), run(graph, byHand(channels === 'reversed')));
    }
  });

  test('nodes in front where it cannot be folded, or shall not be', () => {
    const graph = convolution('pads=[1,1,1,1]');
    const nodes = addPreprocessing(graph, {
      ...options,
      channels: 'reversed',
      dtype: 'u8',
      layout: 'nhwc',
      fold: 'never',
    });
    expect(ops(nodes)).toEqual(['cast', 'transpose', 'gather', 'mul', 'add', 'conv2d', 'relu']);
    expectClose(run(nodes, pixels), run(graph, byHand(true)));
    const plain = parseGraph('graph @g(%x: f32[1,3,2,2])\n  %y = relu %x\n  return %y', { registry });
    expect(ops(addPreprocessing(plain, { mean: 1, std: 2 }))).toEqual(['mul', 'add', 'relu']);
  });

  test('other sizes are interpolated', () => {
    const graph = addPreprocessing(convolution(''), { size: [16, 12] });
    expect(ops(graph)).toEqual(['resize', 'conv2d', 'relu']);
    expect(graph.inputs[0]?.type.shape).toEqual([1, 3, 16, 12]);
    const flat: Tensor = { dtype: 'f32', shape: [1, 3, 16, 12], data: new Float32Array(576).fill(2) };
    const small: Tensor = { dtype: 'f32', shape: [1, 3, 8, 8], data: new Float32Array(192).fill(2) };
    expectClose(run(graph, flat), run(convolution(''), small));
  });

  test.each([
    [{ mean: [1, 2] }, 'expected 3 numbers as mean, found 2'],
    [{ std: 0 }, 'expected std other than 0, found 0'],
    [{ input: 'picture' }, 'expected the name of one of the inputs image, found picture'],
  ])('%o is refused', (wrong, message) => {
    expect(() => addPreprocessing(convolution(''), wrong)).toThrow(message);
  });
});

const scores = (): Graph =>
  parseGraph('graph @g(%x: f32[1,4])\n  %y = neg %x\n  return %y as "scores"', { registry });

describe('addPostprocessing', () => {
  const x = f32([1, 4], [1, -3, 0, -2]);

  test('softmax, argmax, the largest k', () => {
    const [, second = 0] = run(addPostprocessing(scores(), { kind: 'softmax' }), x);
    expect(second).toBeCloseTo(Math.exp(3) / (Math.exp(-1) + Math.exp(3) + 1 + Math.exp(2)));
    expect(run(addPostprocessing(scores(), { kind: 'argmax' }), x)).toEqual([1]);
    const top = addPostprocessing(scores(), { kind: 'softmax' }, { kind: 'top-k', k: 2 });
    expect(top.outputs.map(({ name }) => name)).toEqual(['values', 'indices']);
    expect(run(top, x).slice(2)).toEqual([1, 3]);
  });

  const boxes = (extra = ''): Graph =>
    parseGraph(
      `graph @g(%b: f32[1,2,4], %s: f32[1,3,2])\n  %boxes = neg %b\n  %scores = relu %s\n  return %boxes, %scores${extra}`,
      { registry },
    );
  const given = f32([1, 2, 4], [-2, -3, -2, -4, -1, -1, -1, -1]);
  const ratings = f32([1, 3, 2], [1, 2, 3, 4, 5, 6]);

  test('boxes of centre and size become corners, on their own and about anchors', () => {
    const corners = addPostprocessing(boxes(), { kind: 'boxes', output: 'boxes' });
    expect(run(corners, given, ratings).slice(0, 8)).toEqual([1, 1, 3, 5, 0.5, 0.5, 1.5, 1.5]);
    const anchors = f32([2, 4], [10, 10, 4, 2, 0, 0, 1, 1]);
    const decoded = addPostprocessing(boxes(), {
      kind: 'boxes',
      output: 'boxes',
      anchors,
      variances: [0.1, 0.2],
    });
    const [x1 = 0, y1 = 0] = run(decoded, given, ratings);
    expect(x1).toBeCloseTo(10 + 0.1 * 2 * 4 - (4 * Math.exp(0.4)) / 2, 4);
    expect(y1).toBeCloseTo(10 + 0.1 * 3 * 2 - (2 * Math.exp(0.8)) / 2, 4);
  });

  test('suppression is a node of ONNX, which stays one through load and save', () => {
    const graph = addPostprocessing(
      boxes(),
      { kind: 'boxes', output: 'boxes' },
      { kind: 'nms', output: 'boxes', scores: 'scores' },
    );
    const again = loadOnnx(saveOnnx(graph));
    expect([...again.nodes()].at(-1)?.attrs.op_type).toBe('NonMaxSuppression');
    expect(again.outputs.map(({ name, value }) => [name, value.type.dtype])).toEqual([
      ['boxes', 'i64'],
      ['scores', 'f32'],
    ]);
  });

  test('which output has to be clear', () => {
    expect(() => addPostprocessing(boxes(), { kind: 'softmax' })).toThrow(
      'expected the name of one of the outputs boxes, scores',
    );
    expect(() => addPostprocessing(boxes(), { kind: 'argmax', output: 'box' })).toThrow(
      'there is no output box; there are boxes, scores',
    );
    expect(() => addPostprocessing(boxes(), { kind: 'boxes', output: 'scores' })).toThrow(
      'expected boxes [..., 4], found [1,3,2]',
    );
  });
});

describe('convertFloat16', () => {
  const x = randomTensor({ dtype: 'f32', shape: [1, 3, 8, 8] }, 2);

  test('weights and values are float16, inputs and outputs stay', () => {
    const graph = convolution('pads=[1,1,1,1]', ', %b');
    const half = convertFloat16(graph);
    expect(ops(half)).toEqual(['cast', 'conv2d', 'relu', 'cast']);
    expect([...half.constants].map(({ type }) => type.dtype)).toEqual(['f16', 'f16']);
    expectClose(run(half, x), run(graph, x), 2e-3);
    expect(convertFloat16(graph, { boundary: 'f16' }).inputs[0]?.type.dtype).toBe('f16');
  });

  test('nodes that are kept, that do not fit, or that are on integers stay as they are', () => {
    const kept = convertFloat16(convolution(''), { keep: ({ op }) => op === 'relu' });
    expect(ops(kept)).toEqual(['cast', 'conv2d', 'cast', 'relu']);
    const large = parseGraph(
      'graph @g(%x: f32[2])\n  const %k: f32[1] = [70000]\n  %a = mul %x, %k\n  %b = relu %a\n  %i = cast %b {to="i32"}\n  %f = cast %i {to="f32"}\n  %n = neg %f\n  return %n',
      { registry },
    );
    const graph = convertFloat16(large);
    expect([...graph.nodes()].map(({ op, output }) => `${op} ${output.type.dtype}`)).toEqual([
      'mul f32',
      'cast f16',
      'relu f16',
      'cast i32',
      'cast f16',
      'neg f16',
      'cast f32',
    ]);
  });
});

test('insertObservers tells the range of inner values, or gives them', () => {
  const graph = convolution('');
  const x = randomTensor({ dtype: 'f32', shape: [1, 3, 8, 8] }, 2);
  const observed = insertObservers(graph, { where: ({ op }) => op === 'conv2d' });
  expect(observed.outputs.map(({ name }) => name)).toEqual(['y', '0/min', '0/max']);
  const inner = run(
    edit(graph, (e) => e.replaceOutput('y', { y: '0' })),
    x,
  );
  expect(run(observed, x).slice(-2)).toEqual([Math.min(...inner), Math.max(...inner)]);
  const given = insertObservers(graph, { where: ({ op }) => op === 'conv2d', statistics: ['value'] });
  expect(run(given, x).slice(-inner.length)).toEqual(inner);
});
