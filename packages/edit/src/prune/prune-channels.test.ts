import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Graph, parseGraph, randomTensor, toNumbers } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { edit, loadOnnx } from '../index.ts';
import { pruneChannels, weakestChannels } from './prune-channels.ts';

const root = join(import.meta.dirname, '../../../..');
const values = (count: number): string =>
  Array.from({ length: count }, (_, i) => Math.sin(i * 2.3).toFixed(2)).join();

/** What is left of each value's channels is what a 0 for each of the others gives. */
function expectMasked(graph: Graph, pruned: Graph, gone: Readonly<Record<string, readonly number[]>>): void {
  const [input] = graph.inputs;
  const x = randomTensor({ dtype: 'f32', shape: (input?.type.shape ?? []).map(Number) }, 3);
  const masked = edit(graph, (e) => {
    for (const [name, channels] of Object.entries(gone))
      e.insertAfter(name, (value) => {
        const shape = value.type.shape.map((dim, axis) => (axis === 1 ? Number(dim) : 1));
        const data = new Float32Array(shape[1] ?? 0).fill(1);
        for (const channel of channels) data[channel] = 0;
        return e.ops.mul({ a: value, b: { dtype: 'f32', shape, data } }, `mask_${name}`);
      });
  });
  const [found, wanted] = [pruned, masked].map((one) =>
    evaluateGraph(one, [x]).flatMap((out) => Array.from(toNumbers(out), Number)),
  );
  const most = Math.max(...(wanted ?? []).map(Math.abs));
  found?.forEach((one, i) => {
    expect(Math.abs(one - (wanted?.[i] ?? Number.NaN))).toBeLessThan(1e-5 * most);
  });
}

const ghost = (): Graph =>
  parseGraph(
    `graph @g(%x: f32[1,3,6,6])
  const %w: f32[4,3,1,1] = [${values(12)}]
  const %b: f32[4] = [1,2,3,4]
  const %d: f32[4,1,3,3] = [${values(36)}]
  const %s: f32[7,1,1] = [1,2,3,4,5,6,7]
  const %g: f32[2,7,1,1] = [${values(14)}]
  const %h: f32[7,2,1,1] = [${values(14)}]
  const %l: f32[5,7] = [${values(35)}]
  %primary = conv2d %x, %w, %b
  %cheap = depthwise_conv2d %primary, %d {pads=[1,1,1,1]}
  %both = concat %primary, %cheap {axis=1}
  %cut = slice %both {axes=[1], starts=[0], ends=[7]}
  %slope = prelu %cut, %s
  %pool = global_average_pool %slope
  %reduce = conv2d %pool, %g
  %expand = conv2d %reduce, %h
  %gate = hard_sigmoid %expand
  %gated = mul %slope, %gate
  %mean = global_average_pool %gated
  %flat = reshape %mean {shape=[1,-1]}
  %y = gemm %flat, %l {trans_b=true}
  return %y`,
    { registry },
  );

describe('pruneChannels', () => {
  test('a Ghost module with gate, slopes and classifier', () => {
    const pruned = pruneChannels(ghost(), { primary: [1] });
    const shape = (name: string) =>
      [...pruned.nodes()].find(({ output }) => output.name === name)?.output.type.shape[1];
    expect(['primary', 'cheap', 'both', 'cut', 'gate', 'flat', 'reduce', 'y'].map(shape)).toEqual([
      3, 3, 6, 5, 5, 5, 2, 5,
    ]);
    expectMasked(ghost(), pruned, { primary: [1], cheap: [1], gated: [1, 5], slope: [1, 5] });
  });

  test('the last channel, of which the slice drops the cheap half', () => {
    expectMasked(ghost(), pruneChannels(ghost(), { primary: [3] }), {
      primary: [3],
      cheap: [3],
      slope: [3],
      gated: [3],
    });
  });

  test('inner channels of the gate are free', () => {
    expectMasked(ghost(), pruneChannels(ghost(), { reduce: [0] }), { reduce: [0] });
  });

  test('a shortcut ties its ends; flattening has several elements a channel', () => {
    const graph = parseGraph(
      `graph @g(%x: f32[1,2,2,2])
  const %w: f32[3,2,1,1] = [${values(6)}]
  const %v: f32[3,3,1,1] = [${values(9)}]
  const %s: f32[3] = [1,2,3]
  const %t: f32[3] = [0,1,0]
  const %m: f32[12,4] = [${values(48)}]
  %a = conv2d %x, %w
  %b = conv2d %a, %v
  %n = batch_norm %b, %s, %t, %t, %s
  %c = add %a, %n
  %f = reshape %c {shape=[1,12]}
  %y = matmul %f, %m
  return %y`,
      { registry },
    );
    const pruned = pruneChannels(graph, { b: [2] });
    expect([...pruned.nodes()].map(({ output }) => output.type.shape[1])).toEqual([2, 2, 2, 2, 8, 4]);
    expectMasked(graph, pruned, { a: [2], c: [2] });
  });

  test('the trained GhostNet loses the weakest quarter of each free layer', () => {
    const model = loadOnnx(readFileSync(join(root, 'test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx')));
    const before = [...model.constants].reduce((sum, value) => sum + (value.constant?.data.length ?? 0), 0);
    let [pruned, count] = [model, 0];
    for (const { op, output } of [...model.nodes()]) {
      if (op !== 'conv2d') continue;
      const channels = Number(output.type.shape[1]);
      try {
        pruned = pruneChannels(pruned, {
          [output.name]: weakestChannels(pruned, output.name, channels >> 2),
        });
        count++;
      } catch (error) {
        expect(String(error)).toMatch(/has to stay|no channel|has \d+ channels/);
      }
    }
    const after = [...pruned.constants].reduce((sum, value) => sum + (value.constant?.data.length ?? 0), 0);
    expect([count > 20, after < 0.7 * before]).toEqual([true, true]);
    expect(pruned.outputs[0]?.value.type.shape).toEqual(model.outputs[0]?.value.type.shape);
  });

  test.each([
    ['an output', { y: [0] }, 'channel 0 of %y has to stay: it is an output of the model'],
    ['a channel that there is not', { primary: [4] }, '%primary has 4 channels, found channel 4'],
    ['all of them', { reduce: [0, 1] }, 'no channel of %reduce would be left'],
    ['an unknown value', { nothing: [0] }, 'there is no value %nothing'],
  ])('%s is refused', (_, channels, message) => {
    expect(() => pruneChannels(ghost(), channels)).toThrow(message);
  });

  test('scales that are computed from constants go with their channels', () => {
    const graph = parseGraph(
      `graph @g(%x: f32[1,2,2,2])
  const %w: f32[3,2,1,1] = [${values(6)}]
  const %v: f32[2,3,1,1] = [${values(6)}]
  const %s: f32[3] = [1,2,3]
  %scale = reshape %s {shape=[3,1,1]}
  %a = conv2d %x, %w
  %m = mul %a, %scale
  %y = conv2d %m, %v
  return %y`,
      { registry },
    );
    expectMasked(graph, pruneChannels(graph, { a: [1] }), { a: [1] });
  });

  test('a shuffle of channels holds them', () => {
    const graph = parseGraph(
      `graph @g(%x: f32[1,2,2,2])
  const %w: f32[4,2,1,1] = [${values(8)}]
  %a = conv2d %x, %w
  %r = reshape %a {shape=[1,2,2,2,2]}
  %t = transpose %r {perm=[0,2,1,3,4]}
  %s = reshape %t {shape=[1,4,2,2]}
  return %s`,
      { registry },
    );
    expect(() => pruneChannels(graph, { a: [0] })).toThrow('it divides or mixes channels\n  at r (reshape)');
  });
});
