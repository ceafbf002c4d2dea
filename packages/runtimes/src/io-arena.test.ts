import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompileCOptions, compileC, lowerForKernels, optimize } from '@ghostc/compiler';
import { seededInputs, seededSamples, type Tensors } from '@ghostc/conformance';
import { type Graph, parseGraph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { bindDimensions, registry } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { expect, test } from 'vitest';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';
import { skipWithout } from './require-tool.ts';

const modules = join(import.meta.dirname, '../../../test-fixtures/models/modules');

function readModule(name: string): Graph {
  const folder = join(modules, name);
  const file = readdirSync(folder).find((entry) => entry.endsWith('.onnx')) ?? '';
  const graph = readOnnx(readFileSync(join(folder, file)), { file });
  const open = graph.inputs.flatMap(({ type }) => type.shape).filter((dim) => typeof dim === 'string');
  return bindDimensions(graph, new Map(open.map((dim) => [dim, 1])));
}

function int8(model: Graph): Graph {
  const float = lowerForKernels(optimize(model));
  return quantize(float, seededSamples(float, 2), { io: 'int8' }).graph;
}

/** Several inputs and outputs of several types; one input is returned as it is, one output twice. */
const several = parseGraph(
  `graph @several(%x: f32[4], %z: i8[6] quant(0.5:3), %kept: f32[3])
  %q = quantize_linear %x {y_scale=0.25}
  %d = dequantize_linear %z
  %r = relu %x
  return %q, %d, %kept, %r, %r as "again"`,
  { registry },
);

const names = ['ghost_bottleneck_s1', 'ghost_bottleneck_s2_se', 'ghost_module_odd61', 'ghost_module_stride2'];
const cases: readonly (readonly [string, () => Graph])[] = [
  ...names.map((name) => [name, () => readModule(name)] as const),
  ...names.slice(0, 2).map((name) => [`${name} in int8`, () => int8(readModule(name))] as const),
  ['several inputs and outputs', () => several],
];

async function outputsOf(graph: Graph, options: CompileCOptions): Promise<Tensors[]> {
  const program = compileC(graph, options);
  const { device = 'host' } = options;
  const flags = device === 'host' ? ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'] : [];
  const inputs = [5, 6].map((seed) => seededInputs(graph, seed));
  return (await runC(program, device, inputs, { extraFlags: flags })).map(({ outputs }) => outputs);
}

test.for(cases)('%s gives the same bits with io arena', { timeout: 120_000 }, async ([, make], context) => {
  const graph = make();
  for (const device of ['host', 'cortex-m4'] as const) {
    skipWithout(cDevice(device).tools, `c@${device}`, context);
    const [given, inArena] = await Promise.all([
      outputsOf(graph, { device, io: 'caller' }),
      outputsOf(graph, { device, io: 'arena' }),
    ]);
    expect(given).toHaveLength(2);
    expect(inArena).toEqual(given);
  }
});

test('io arena with bands of rows gives the same bits', { timeout: 60_000 }, async (context) => {
  skipWithout(cDevice('host').tools, 'c@host', context);
  const graph = int8(readModule('ghost_bottleneck_s2_se'));
  const { arenaBytes } = compileC(graph, { io: 'arena' });
  const maxRam = Math.floor(0.9 * arenaBytes);
  expect(compileC(graph, { io: 'arena', maxRam }).streams.length).toBeGreaterThan(0);
  expect(await outputsOf(graph, { io: 'arena', maxRam })).toEqual(await outputsOf(graph, { io: 'caller' }));
});

test('a dead input makes room: inputs and outputs cost less than buffers of their own', () => {
  const graph = int8(readModule('ghost_bottleneck_s1'));
  const [given, inArena] = [compileC(graph), compileC(graph, { io: 'arena' })];
  const buffers = [...given.inputs, ...given.outputs].reduce((sum, { elements }) => sum + elements, 0);
  expect(inArena.arenaBytes).toBeLessThan(given.arenaBytes + buffers);
});
