import { type Graph, parseGraph, randomTensor, type Tensor, toNumbers } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { loadOnnx, saveOnnx } from '../index.ts';
import { changeBatch } from './change-batch.ts';

const parse = (body: string, input = 'f32[1,2,4,4]'): Graph =>
  parseGraph(`graph @g(%x: ${input})\n${body}`, { registry });

const numbers = (tensors: readonly Tensor[]): number[] =>
  tensors.flatMap((one) => Array.from(toNumbers(one), Number));

/** Three pictures at once, and one after the other. */
function bothWays(graph: Graph, batched: Graph): [number[], number[]] {
  const shape = (graph.inputs[0]?.type.shape ?? []).map(Number);
  const all = randomTensor({ dtype: 'f32', shape: [3, ...shape.slice(1)] }, 7);
  const size = all.data.length / 3;
  const single = [0, 1, 2].flatMap((i) =>
    evaluateGraph(graph, [{ ...all, shape, data: all.data.slice(i * size, (i + 1) * size) as Float32Array }]),
  );
  return [numbers(evaluateGraph(batched, [all])), numbers(single)];
}

const kept = {
  'a gate that a resize brings to size': `  %p = average_pool %x {kernel_shape=[2,2], strides=[2,2]}
  %s = sigmoid %p
  %r = resize %s {sizes=[1,2,4,4]}
  %y = mul %x, %r
  return %y`,
  'sizes that are no factors': `  %s = slice %x {axes=[2], starts=[0], ends=[3]}
  %r = resize %s {sizes=[1,2,7,5], mode="linear"}
  return %r`,
  'heads of an attention': `  %a = reshape %x {shape=[1,2,16]}
  %t = transpose %a {perm=[0,2,1]}
  %h = reshape %t {shape=[1,4,4,2]}
  %q = transpose %h {perm=[0,2,1,3]}
  %k = transpose %h {perm=[0,2,3,1]}
  %s = matmul %q, %k
  %p = softmax %s {axis=-1}
  %o = matmul %p, %q
  %b = transpose %o {perm=[0,2,1,3]}
  %y = reshape %b {shape=[1,32]}
  return %y`,
  'a batch of heads': `  %a = reshape %x {shape=[2,4,4]}
  %s = softmax %a {axis=2}
  %y = reshape %s {shape=[1,2,4,4]}
  return %y`,
  'a shuffle of channels': `  %a = reshape %x {shape=[1,2,1,4,4]}
  %t = transpose %a {perm=[0,2,1,3,4]}
  %y = reshape %t {shape=[-1,2,4,4]}
  return %y`,
  'a layer norm of rows': `  const %s: f32[4] = [1,2,3,4]
  %y = layer_norm %x, %s {axis=-1}
  return %y`,
  'a grid made of each image': `  %t = transpose %x {perm=[0,2,3,1]}
  %y = grid_sample %x, %t
  return %y`,
  'a dense layer on rows': `  const %w: f32[4,5] = random(3)
  %a = reshape %x {shape=[8,4]}
  %m = matmul %a, %w
  %f = reshape %m {shape=[1,40]}
  const %v: f32[40,3] = random(4)
  %y = matmul %f, %v
  return %y`,
  'reductions beside the batch': `  %m = reduce_mean %x {axes=[2,3], keepdims=false}
  %i = arg_max %x {axis=1, keepdims=false}
  %f = cast %i {to="f32"}
  %g = reshape %f {shape=[1,16,1]}
  %a = reshape %m {shape=[1,1,2]}
  %y = matmul %g, %a
  return %y`,
  'what moves the batch': `  %t = transpose %x {perm=[1,0,2,3]}
  %c = concat %t, %t {axis=0}
  %b = transpose %c {perm=[1,0,2,3]}
  %s = slice %b {axes=[0,1], starts=[0,1], ends=[1,3]}
  %p = pad %s {pads=[0,0,1,1,0,0,1,1]}
  %e = relu %p
  return %e`,
} as const;

/** A row for each sample is made of the one that there is: only for a number. */
const repeating = {
  'a token beside those of each image': `  const %t: f32[1,1,16] = random(1)
  %a = reshape %x {shape=[1,2,16]}
  %y = concat %t, %a, %t {axis=1}
  return %y`,
  'one grid for all': `  const %g: f32[1,2,2,2] = random(1)
  %y = grid_sample %x, %g
  return %y`,
  'layers of a recurrent net that start from the same': `  const %w: f32[1,12,4] = random(1)
  const %r: f32[1,12,3] = random(2)
  const %b: f32[1,24] = random(3)
  const %z: f32[1,1,3] = random(4)
  %a = reshape %x {shape=[1,8,4]}
  %s = transpose %a {perm=[1,0,2]}
  %h, %last, %c = recurrent %s, %w, %r, %b, %z, %z {cell="lstm", functions=["sigmoid","tanh","tanh"]}
  %t = transpose %h {perm=[2,0,1,3]}
  %l = transpose %last {perm=[1,0,2]}
  %m = reshape %t {shape=[1,24]}
  %n = reshape %l {shape=[1,3]}
  %y = concat %m, %n {axis=1}
  return %y`,
} as const;

describe('each sample computes what it did by itself', () => {
  test.each(Object.entries({ ...kept, ...repeating }))('%s', (_, body) => {
    const graph = parse(body);
    const [together, single] = bothWays(graph, changeBatch(graph, 3));
    expect(together).toEqual(single);
    expect(changeBatch(graph, 3).outputs.map(({ value }) => value.type.shape[0])).toEqual(
      graph.outputs.map(() => 3),
    );
  });

  test.each(Object.entries(kept))('with a name for the batch: %s', (name, body) => {
    if (name === 'a batch of heads') return;
    const named = changeBatch(parse(body), 'n');
    expect(named.outputs.map(({ value }) => value.type.shape[0])).toEqual(named.outputs.map(() => 'n'));
    expect(loadOnnx(saveOnnx(named)).outputs.length).toBe(named.outputs.length);
  });
});

test.each([
  ['softmax along the batch', '  %y = softmax %x {axis=0}\n  return %y', 'it mixes the samples'],
  [
    'a layer norm of all samples',
    '  const %s: f32[1,2,4,4] = random(1)\n  %y = layer_norm %x, %s {axis=0}\n  return %y',
    'it mixes the samples',
  ],
  [
    'a grid for each of two',
    '  const %g: f32[2,2,2,2] = random(1)\n  %y = grid_sample %x, %g\n  return %y',
    '%g [2,2,2,2] does not have its samples where the others have',
    'f32[2,2,4,4]',
  ],
  ['a mean over everything', '  %y = reduce_mean %x\n  return %y', 'it mixes the samples'],
  [
    'a cut of samples',
    '  %y = slice %x {axes=[0], starts=[1], ends=[2]}\n  return %y',
    'it cuts the samples',
  ],
  [
    'an output that merges them',
    '  %y = reshape %x {shape=[2,1,16]}\n  return %y',
    'output y merges the samples',
  ],
  [
    'a constant for each sample',
    '  const %c: f32[2,1,1,1] = [1,2]\n  %y = mul %x, %c\n  return %y',
    '%c [2,1,1,1] does not lie along',
    'f32[2,2,4,4]',
  ],
  ['a join of samples', '  %y = concat %x, %x {axis=0}\n  return %y', 'it mixes the samples'],
  [
    'an op that nothing is known of',
    '  const %i: i64[1,1] = [0]\n  %y = gather_nd %x, %i\n  return %y',
    'gather_nd',
  ],
])('%s is refused at its node', (_, body, reason, input = 'f32[1,2,4,4]') => {
  expect(() => changeBatch(parse(body, input), 3)).toThrow(reason);
});

test.each(Object.entries(repeating))('%s is refused for a name', (_, body) => {
  expect(() => changeBatch(parse(body), 'n')).toThrow('needs a row for each sample');
});

test('a second input without samples is no constant that could be repeated', () => {
  const graph = parseGraph(
    'graph @g(%x: f32[1,2], %state: f32[2,1])\n  %s = reshape %state {shape=[1,2]}\n  %y = concat %x, %s {axis=1}\n  return %y',
    { registry },
  );
  expect(() => changeBatch(graph, 3)).toThrow('depends on an input without samples');
});
