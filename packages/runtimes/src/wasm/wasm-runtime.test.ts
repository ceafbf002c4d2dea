import { compileWasm } from '@ghostc/compiler';
import {
  allSuites,
  type ConformanceCase,
  caseGraph,
  joinCases,
  quantizedSuites,
  type Suite,
  verifyCase,
} from '@ghostc/conformance';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { createWasmSession } from '@ghostc/wgsl-runtime';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { wasmModule, wasmTools } from './wasm-module.ts';
import { wasmRuntime } from './wasm-runtime.ts';

/** Cases of suites as one, so that Clang is called once. */
function joined(suites: readonly Suite[], every = 1): ConformanceCase {
  const cases = suites.flatMap(({ name, cases }) =>
    cases.map((one) => ({ ...one, name: `${name}/${one.name}` })),
  );
  return joinCases({ name: 'joined', cases: cases.filter((_, i) => i % every === 0) });
}

/** Every so many cases; `SUITE=all` runs all of them, as `ghostc conform --runtime wasm` does one by one. */
const step = (every: number): number => (process.env.SUITE === 'all' ? 1 : every);

test('quantised ops, bit for bit', { timeout: 300_000 }, async (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const result = await verifyCase(wasmRuntime, joined(quantizedSuites, step(2)));
  expect(result.message).toBeUndefined();
  expect(result).toMatchObject({ status: 'pass', maxAbs: 0 });
});

const wideProductOfHalves = Buffer.of(0xfd, 0xdc, 0x01);
const wideProduct = Buffer.of(0xfd, 0xd5, 0x01);

test('int8 is scaled by products of halves: engines make twelve instructions of a wide one', (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const cases = quantizedSuites.flatMap((suite) => suite.cases);
  const found = cases.filter(({ text }) => text.includes('qlinear_depthwise_conv2d')).slice(0, 4);
  const codes = found.map((one) => Buffer.from(compileWasm(caseGraph(one), { buildWasm: wasmModule }).code));
  expect(codes.some((code) => code.includes(wideProductOfHalves))).toBe(true);
  expect(codes.filter((code) => code.includes(wideProduct))).toEqual([]);
});

/** Suites of float32 only: others have cases that pages have no type for. */
const floats = allSuites.filter(({ cases }) =>
  cases.every(({ text }) => !/\b([iu](8|16|32|64)|f64|bool)\[/.test(text)),
);

test('the other ops', { timeout: 300_000 }, async (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const { message, status } = await verifyCase(wasmRuntime, joined(floats, step(24)));
  expect({ message, status }).toEqual({ status: 'pass', message: undefined });
});

test('an activation that only registers compute leaves nothing that Clang warns of', async (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const text = `graph @net(%x: f32[1,2,3,4])
  const %w: f32[3,2,1,1] = random(1)
  %y = conv2d %x, %w {activation="sigmoid"}
  return %y`;
  expect(await verifyCase(wasmRuntime, { name: 'sigmoid', text })).toMatchObject({ status: 'pass' });
});

test('one clear error for each misuse', async (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const graph = parseGraph('graph @net(%a: f32[1,4])\n%y = relu %a\nreturn %y', { registry });
  const program = compileWasm(graph, { buildWasm: wasmModule });
  const session = await createWasmSession(program);
  const x = new Float32Array([-1, 2, -3, 4]);
  const run = session.run({ a: x });
  x.fill(9);
  expect((await run).y).toEqual(new Float32Array([0, 2, 0, 4]));
  expect(await session.runBatch([])).toEqual([]);
  expect(await session.runBatch([{ a: x }, { a: new Float32Array(4) }])).toEqual([
    { y: x },
    { y: new Float32Array(4) },
  ]);
  expect(await session.profile({ a: x })).toMatchObject([{ module: 'relu' }]);
  const wrong = async (task: Promise<unknown>): Promise<string> =>
    task.then(
      () => 'none',
      (error: Error) => error.message,
    );
  const { manifest, code, weights } = program;
  expect([
    await wrong(session.run({} as never)),
    await wrong(session.run({ a: x, b: x })),
    await wrong(session.run({ a: new Float32Array(3) })),
    await wrong(session.run({ a: { encode() {} } })),
    await wrong(session.runBatch({} as never)),
    await wrong(createWasmSession({ manifest, code, weights: new Uint8Array(4) })),
    await wrong(createWasmSession({ manifest, code: new Uint8Array(4), weights })),
    await wrong(createWasmSession({ manifest: { ...manifest, format: 'x' as never }, code, weights })),
  ]).toEqual([
    'input a is missing',
    'there is no input b; expected a',
    'input a expects 4 elements [1,4], found 3',
    'input a expects a Float32Array, found Object',
    'net: expected an array of inputs, found Object',
    'net: expected 0 bytes of weights, found 4',
    expect.stringMatching(/^net: the WebAssembly module was refused, which needs SIMD and bulk memory: /),
    'expected a manifest of format ghostc-wasm/1, found x',
  ]);
  session.dispose();
  expect(await wrong(session.run({ a: x }))).toBe('net: the session is disposed');
});
