import { type Graph, parseGraph, randomTensor, type Tensor, type Value } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { type BoundedOutput, boundedRun, errorBounds } from './error-bound.ts';
import { interpret } from './interpret.ts';

const parse = (text: string): Graph => parseGraph(text, { registry });
const inputs = (graph: Graph): Map<string, Tensor> =>
  new Map(graph.inputs.map((input, i) => [input.name, randomTensor(input.type, i + 1)]));

test('a dot product: gamma_n times the sum of absolute products', () => {
  const graph = parse(
    'graph @g(%x: f32[1,4])\n  const %w: f32[1,4] = [1, -2, 3, -4]\n  %0 = fully_connected %x, %w\n  return %0',
  );
  const x = new Map([
    ['x', { dtype: 'f32' as const, shape: [1, 4], data: Float32Array.from([1, 1, 1, -1]) }],
  ]);
  const n = 6 + 4;
  expect(errorBounds(graph, x).get('0')?.[0]).toBeCloseTo(10 * n * 2 ** -24, 10);
});

test('3x3 windows of many channels may be summed by minimal filtering, where inputs meet the weights of their neighbours', () => {
  const centre = Array.from({ length: 8 * 8 * 9 }, (_, i) => (i % 9 === 4 ? 1 : 0));
  const bound = (channels: number, value: number): number => {
    const weight = { dtype: 'f32' as const, shape: [8, channels, 3, 3], data: Float32Array.from(centre) };
    const graph = parse(
      `graph @g(%x: f32[1,${channels},3,3], %w: f32[8,${channels},3,3])\n  %0 = conv2d %x, %w\n  return %0`,
    );
    const data = new Float32Array(9 * channels).fill(1);
    data[0] = value;
    const x = { dtype: 'f32' as const, shape: [1, channels, 3, 3], data };
    return (
      boundedRun(
        graph,
        new Map([
          ['x', x],
          ['w', weight],
        ]),
      ).get('0')?.bound[0] ?? NaN
    );
  };
  expect(bound(7, 1e6)).toBeCloseTo(7 * (6 + 63) * 2 ** -24, 8); // the corner has no weight
  // four roundings of sums with the corner, at least
  expect(bound(8, 1e6)).toBeGreaterThan(4 * 1e6 * 2 ** -26);
  expect(bound(8, 1e38)).toBe(Infinity);
});

test('integers that a computed float became are gathered with their errors', () => {
  const graph = parse(
    'graph @g(%x: f32[3])\n  const %i: i64[2] = [2, 0]\n  %e = exp %x\n  %c = cast %e {to="i16"}\n  %0 = gather %c, %i\n  return %0',
  );
  const x = { dtype: 'f32' as const, shape: [3], data: Float32Array.from([0, 1, Math.log(7)]) };
  expect([...(errorBounds(graph, new Map([['x', x]])).get('0') ?? [])]).toEqual([1, 1]); // both may round down
});

test('movement adds nothing, a divisor whose error may reach 0 gives no bound', () => {
  const moved = parse('graph @g(%x: f32[2,3])\n  %0 = transpose %x {perm=[1, 0]}\n  return %0');
  expect([...(errorBounds(moved, inputs(moved)).get('0') ?? [1])]).toEqual([0, 0, 0, 0, 0, 0]);
  const divided = parse(
    'graph @g(%x: f32[2], %y: f32[2])\n  %s = add %x, %y\n  %d = sub %s, %s\n  %e = add %d, %d\n  %0 = div %x, %e\n  return %0',
  );
  const one = { dtype: 'f32' as const, shape: [2], data: Float32Array.from([1, 1]) };
  const bounds = boundedRun(
    divided,
    new Map([
      ['x', one],
      ['y', one],
    ]),
  ).get('0');
  expect([...(bounds?.bound ?? [])]).toEqual([Infinity, Infinity]); // the sums may be anything near 0
  const near = parse(
    'graph @g(%x: f32[1], %y: f32[1])\n  const %k: f32[1] = [1e-8]\n  %s = add %x, %y\n  %d = sub %s, %y\n  %n = sub %d, %x\n  %m = add %n, %k\n  %0 = div %x, %m\n  return %0',
  );
  const third = { dtype: 'f32' as const, shape: [1], data: Float32Array.from([1 / 3]) };
  expect(
    errorBounds(
      near,
      new Map([
        ['x', third],
        ['y', third],
      ]),
    ).get('0'),
  ).toBeNull();
});

test.each([
  ['log', -Infinity],
  ['sqrt', 0],
  ['reciprocal', Infinity],
])('%s of a sum that cancels may be anything, of an exact 0 it has to be %s', (op, result) => {
  const [some, sure] = [0.1, 0].map((y) => {
    const graph = parse(
      `graph @g(%x: f32[1], %y: f32[1])\n  %s = add %x, %y\n  %d = sub %s, %y\n  %n = sub %d, %x\n  %f = ${op} %n\n  %r = reshape %f {shape=[1, 1]}\n  %g = mul %x, %y\n  %o = ${op} %g\n  return %r, %o`,
    );
    const given = [1 / 3, y].map((v) => ({ dtype: 'f32' as const, shape: [1], data: Float32Array.of(v) }));
    return boundedRun(graph, new Map(graph.inputs.map(({ name }, i) => [name, given[i] as Tensor])));
  });
  expect(some?.get('r')?.bound[0]).toBe(Infinity);
  expect(sure?.get('o')?.value.data[0]).toBe(result);
  expect(sure?.get('o')?.bound[0]).toBeLessThan(1e-30);
});

test('a network summed backwards stays inside its bound, and noise of a thousandth does not', () => {
  const graph = parse(`graph @g(%x: f32[1,8,6,6])
  const %w: f32[6,8,3,3] = random(1)
  const %b: f32[6] = random(2)
  const %v: f32[4,6,1,1] = random(3)
  %0 = conv2d %x, %w, %b {pads=[1, 1, 1, 1], activation="hard_swish"}
  %1 = conv2d %0, %v {activation="relu"}
  return %1`);
  const given = inputs(graph);
  const exact = interpret(graph, given).get('1')?.data as Float32Array;
  const bounds = errorBounds(graph, given).get('1') as Float64Array;
  const rounded = interpret(reversedChannels(graph), given).get('1')?.data as Float32Array;
  expect(exact.every((v, i) => Math.abs(v - (rounded[i] ?? 0)) <= (bounds[i] ?? 0))).toBe(true);
  const largest = exact.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  expect(bounds.every((b) => b < largest * 1e-3)).toBe(true);
});

/** The same network with weights that went through a scaling by 3 and back, as folding does. */
function reversedChannels(graph: Graph): Graph {
  const copy = graph.clone();
  for (const value of copy.constants) {
    const data = value.constant?.data as Float32Array;
    data.forEach((v, i) => (data[i] = Math.fround(Math.fround(v * 3) / 3)));
  }
  return copy;
}

test('squeeze-and-excite has the bound of its parts', () => {
  const weights = `
  const %r: f32[2,6,1,1] = random(1)
  const %rb: f32[2] = random(2)
  const %e: f32[6,2,1,1] = random(3)
  const %eb: f32[6] = random(4)`;
  const whole = parse(
    `graph @g(%x: f32[1,6,4,4])${weights}\n  %0 = squeeze_excite %x, %r, %rb, %e, %eb\n  return %0`,
  );
  const parts = parse(`graph @g(%x: f32[1,6,4,4])${weights}
  %m = global_average_pool %x
  %a = conv2d %m, %r, %rb {activation="relu"}
  %b = conv2d %a, %e, %eb {activation="hard_sigmoid", activation_params=[0.16666666666666666, 0.5]}
  %0 = mul %x, %b
  return %0`);
  const bounds = errorBounds(whole, inputs(whole)).get('0');
  expect(bounds?.every((e) => e > 0 && e < 1e-4)).toBe(true);
  expect(bounds).toEqual(errorBounds(parts, inputs(parts)).get('0'));
});

test('weights stored in f16 are off by half a unit in the last place, and so are their products', () => {
  const graph = parse(
    'graph @g(%x: f32[1,2])\n  const %w: f32[1,2] = [0.333, 1e-9]\n  %0 = fully_connected %x, %w\n  return %0',
  );
  const x = new Map([['x', { dtype: 'f32' as const, shape: [1, 2], data: Float32Array.from([3, 1]) }]]);
  const [weight] = graph.constants;
  const stored = new Map([[weight as Value, 'f16' as const]]);
  const [{ bound }] = [...boundedRun(graph, x, { stored }).values()] as [BoundedOutput];
  expect(bound[0]).toBeCloseTo(3 * 0.333 * 2 ** -11 + 2 ** -25, 6);
});
