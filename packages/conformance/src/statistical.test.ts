import { interpret, roundingNoise } from '@ghostc/interpreter';
import { type Graph, parseGraph, type Tensor, tensor, toNumbers } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { largestMagnitude } from './compare.ts';
import { interpreterRuntime } from './interpreter-runtime.ts';
import type { Runtime, Tensors } from './runtime.ts';
import { seededSamples } from './seeded-inputs.ts';
import type { RuntimeResult, Verification } from './verification.ts';
import { verifyModel } from './verify-model.ts';

const parse = (text: string): Graph => parseGraph(text, { registry });

/** Twelve convolutions, where a bound of the worst case says nothing any more. */
const twelve = (...end: string[]): Graph =>
  parse(
    [
      'graph @g(%x0: f32[1,8,9,7])',
      ...Array.from({ length: 12 }, (_, i) => [
        `  const %w${i}: f32[8,8,3,3] = random(${i + 1})`,
        `  %c${i} = conv2d %x${i}, %w${i} {pads=[1, 1, 1, 1], strides=[1, 1]}`,
        `  %x${i + 1} = relu %c${i}`,
      ]).flat(),
      ...end,
    ].join('\n'),
  );

const deep = twelve('  return %x12');

const tolerance = { relative: 0, absolute: 0, reason: 'none' };

function task(model: Graph, more: Partial<Verification> = {}): Verification {
  const dataSets = seededSamples(model, 2).map((sample) => ({
    ...sample,
    outputs: interpret(model, sample.inputs),
  }));
  return { model, dataSets, tolerance, derived: 'statistical', ...more };
}

/** The interpreter with its outputs changed. */
function broken(change: (values: Float64Array) => void): Runtime {
  const damaged = (one: Tensor): Tensor => {
    const values = Float64Array.from(toNumbers(one), Number);
    change(values);
    const { dtype, shape } = one;
    const data = dtype === 'i8' ? Int8Array.from(values) : Float32Array.from(values);
    return tensor(dtype, shape, data);
  };
  const run = async (model: Graph, inputs: Tensors): Promise<Tensors> =>
    new Map([...interpret(model, inputs)].map(([name, one]) => [name, damaged(one)]));
  return { name: 'broken', prepare: async (model) => ({ run: (inputs) => run(model, inputs) }) };
}

const verdict = (runtime: Runtime, given: Verification): Promise<RuntimeResult> =>
  verifyModel(runtime, given);

test('twelve convolutions: right outputs pass, zeros and an element off by a ten thousandth fail', async () => {
  const given = task(deep);
  expect(await verdict(interpreterRuntime, given)).toMatchObject({ status: 'pass' });
  expect(
    await verdict(
      broken((v) => v.fill(0)),
      given,
    ),
  ).toMatchObject({ status: 'fail' });
  const largest = (v: Float64Array): number => v.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const nudged = broken((v) => {
    v[3] = (v[3] ?? 0) + 1e-4 * largest(v);
  });
  const { status, message, off, allowed, ratio } = await verdict(nudged, given);
  expect(status).toBe('fail');
  expect(message).toContain('element 3: expected');
  expect(message).toContain(`allowed ${allowed.toExponential(2)}`);
  expect(off / allowed).toBeCloseTo(ratio, 8);
});

/** The same with a comparison that never holds, as guards against a division by zero do not. */
const guarded = twelve(
  '  const %far: f32[] = [3e38]',
  '  %never = equal %x12, %far',
  '  %y = where %never, %far, %x12',
  '  return %y',
);

test.each([
  ['twelve convolutions', deep],
  ['a guard that never acts', guarded],
])(
  '%s: an engine and a reference on two sides of the exact result are right, one far from it is not',
  async (_, model) => {
    const given = task(model);
    const [output] = model.outputs;
    const sigmas = given.dataSets.map(
      ({ inputs }) => roundingNoise(model, inputs, { runs: 8 }).get(output?.name ?? '')?.sigma,
    );
    const moved = (one: Tensor, set: number, by: number): Tensor => {
      const values = Float32Array.from(toNumbers(one), Number);
      values[5] = (values[5] ?? 0) + by * (sigmas[set]?.[5] ?? 0);
      return tensor(one.dtype, one.shape, values);
    };
    const dataSets = given.dataSets.map((one, set) => ({
      ...one,
      outputs: new Map([...one.outputs].map(([name, y]) => [name, moved(y, set, 7.5)])),
    }));
    const engine = (by: number): Runtime => ({
      name: 'moved',
      prepare: async () => ({
        run: async (inputs) => {
          const set = given.dataSets.findIndex((one) => one.inputs === inputs);
          return new Map([...interpret(model, inputs)].map(([name, y]) => [name, moved(y, set, by)]));
        },
      }),
    });
    expect(await verdict(engine(-7.5), { ...given, dataSets })).toMatchObject({ status: 'pass' });
    expect(await verdict(engine(-20), { ...given, dataSets })).toMatchObject({ status: 'fail' });
  },
);

test('outputs that should be zero throughout, and are, say nothing of an engine; others fail', async () => {
  const zeros = parse('graph @g(%x: f32[1,6])\n  %n = abs %x\n  %m = neg %n\n  %0 = relu %m\n  return %0');
  const given = task(zeros);
  const note = '0 is 0 throughout: other inputs would say more';
  expect(await verdict(interpreterRuntime, given)).toMatchObject({ status: 'unclear', note });
  expect(
    await verdict(
      broken((v) => v.fill(1e-3)),
      given,
    ),
  ).toMatchObject({ status: 'fail' });
});

const ties = parse(
  'graph @g(%x: f32[1,300])\n  %s = add %x, %x\n  %0 = quantize_linear %s {y_scale=0.02, y_zero_point=-3}\n  return %0',
);

test('a step on few elements passes and is counted, a step on half of them fails', async () => {
  const given = task(ties);
  const one = await verdict(
    broken((v) => v.set([(v[7] ?? 0) + (Number(v[7]) < 0 ? 1 : -1)], 7)),
    given,
  );
  expect(one).toMatchObject({ status: 'pass', note: '2 elements are a step off, as on a tie of a rounding' });
  const half = broken((v) => v.forEach((x, i) => (v[i] = i % 2 && x > -128 ? x - 1 : x)));
  expect(await verdict(half, given)).toMatchObject({ status: 'fail' });
});

test('where rounding alone decides the outputs, nothing is judged', async () => {
  const text =
    'graph @g(%x: f32[1,40])\n  const %c: f32[1] = [1e9]\n  %a = add %x, %c\n  %0 = sub %a, %c\n  return %0';
  const result = await verdict(interpreterRuntime, task(parse(text)));
  expect(result.status).toBe('unclear');
  expect(result.note).toContain('cannot be judged');
  const far = broken((v) => v.fill(1e6));
  expect(await verdict(far, task(parse(text)))).toMatchObject({ status: 'fail' });
});

test('one output that is a number throughout is told beside others that move', async () => {
  const text =
    'graph @g(%x: f32[1,40])\n  const %c: f32[1] = [10]\n  %t = sub %x, %c\n  %0 = relu %t\n  return %0 as "a", %t as "b"';
  const note = 'a is 0 throughout: other inputs would say more';
  expect(await verdict(interpreterRuntime, task(parse(text)))).toMatchObject({ status: 'pass', note });
});

test('rtol and atol are those of numpy.allclose', async () => {
  const add = parse('graph @g(%x: f32[2])\n  %0 = add %x, %x\n  return %0');
  const inputs = new Map([['x', tensor('f32', [2], Float32Array.of(0.5, 50))]]);
  const outputs = new Map([['0', tensor('f32', [2], Float32Array.of(1.001, 100.1))]]);
  const given = (rtol: number, atol: number): Verification => ({
    ...task(add),
    dataSets: [{ name: 'd', inputs, outputs }],
    allclose: [rtol, atol],
  });
  expect(await verdict(interpreterRuntime, given(1.1e-3, 0))).toMatchObject({ status: 'pass' });
  expect(await verdict(interpreterRuntime, given(0.9e-3, 0))).toMatchObject({ status: 'fail' });
  expect(await verdict(interpreterRuntime, given(0, 0.11))).toMatchObject({ status: 'pass' });
  expect(await verdict(interpreterRuntime, given(0, 0.05))).toMatchObject({ status: 'fail' });
});

test('integers of 64 bits are compared exactly', async () => {
  const same = parse('graph @g(%x: i64[2])\n  %0 = identity %x\n  return %0');
  const big = (last: bigint): Tensor => tensor('i64', [2], BigInt64Array.of(2n ** 60n, last));
  const inputs = new Map([['x', big(2n ** 53n + 1n)]]);
  const given = (last: bigint): Verification => ({
    ...task(same),
    dataSets: [{ name: 'd', inputs, outputs: new Map([['0', big(last)]]) }],
  });
  expect(await verdict(interpreterRuntime, given(2n ** 53n + 1n))).toMatchObject({
    status: 'pass',
  });
  expect(await verdict(interpreterRuntime, given(2n ** 53n))).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('expected 9007199254740992, found 9007199254740993'),
  });
});

test('data that the original misses itself are noisy: others may be as far, and no further', async () => {
  const size = largestMagnitude(
    toNumbers([...(task(deep).dataSets[0]?.outputs.values() ?? [])][0] as Tensor),
  );
  const noise = 1e-3 * size;
  const given = (off: number): Verification => {
    const plain = task(deep);
    const dataSets = plain.dataSets.map((set) => ({
      ...set,
      outputs: new Map([...set.outputs].map(([name, one]) => [name, moved(one, off)])),
    }));
    return { ...plain, dataSets, dataNoise: () => noise };
  };
  expect(await verdict(interpreterRuntime, given(noise))).toMatchObject({
    status: 'pass',
    note: expect.stringContaining(`within the noise of the data, ${noise.toExponential(1)}`),
  });
  expect(await verdict(interpreterRuntime, given(10 * noise))).toMatchObject({ status: 'fail' });
});

function moved(one: Tensor, off: number): Tensor {
  return tensor(
    'f32',
    one.shape,
    Float32Array.from(toNumbers(one), (v) => Number(v) + off),
  );
}

/** x with 10 bits of fraction, as TF32 has it. */
function tf32(tensor: Tensor): Tensor {
  const words = Uint32Array.from(
    new Uint32Array((tensor.data as Float32Array).slice().buffer),
    (v) => ((v + 0x1000) & 0xffffe000) >>> 0,
  );
  return { ...tensor, data: new Float32Array(words.buffer) };
}

test('an engine in TF32 is not right in float32 at K = 960, and is where it says what it computes in', async () => {
  const model = parse('graph @g(%x: f32[4,960], %y: f32[960,16])\n  %0 = matmul %x, %y\n  return %0');
  const run = async (inputs: Tensors): Promise<Tensors> =>
    interpret(model, new Map([...inputs].map(([name, one]) => [name, tf32(one)])));
  const engine: Runtime = { name: 'tf32', prepare: async () => ({ run }) };
  const silent = await verdict(engine, task(model));
  expect([silent.status, silent.note?.includes('suspicious')]).not.toEqual(['pass', undefined]);
  const honest = await verdict({ ...engine, arithmetic: 'tf32' }, task(model));
  expect(honest).toMatchObject({ status: 'pass' });
  expect(honest.note).toBeUndefined();
  expect((await verdict({ ...engine, arithmetic: 'bf16' }, task(model))).status).toBe('pass');
});

test('what the first data set silences is judged by the noise of its own', async () => {
  const model = parse(`graph @g(%x: f32[4,64], %n: i64[1])
const %w: f32[64,64] = random(1)
const %bound: i64[1] = [0]
const %zero: f32[1] = [0]
%y = fully_connected %x, %w
%masked = less %n, %bound
%out = where %masked, %zero, %y
return %out`);
  const dataSets = task(model).dataSets.map((set, i) => {
    const inputs = new Map([...set.inputs, ['n', tensor('i64', [1], BigInt64Array.of(i === 0 ? -1n : 1n))]]);
    return { ...set, inputs, outputs: interpret(model, inputs) };
  });
  const given = { ...task(model), dataSets, alike: true };
  const scaled = (by: number): Runtime =>
    broken((v) => {
      v.forEach((x, i) => {
        v[i] = x * by;
      });
    });
  expect(await verdict(scaled(1 + 2 ** -23), given)).toMatchObject({ status: 'pass' });
  expect(await verdict(scaled(1 + 2 ** -14), given)).toMatchObject({ status: 'fail' });
});
