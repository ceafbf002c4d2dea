import { join } from 'node:path';
import { type CompileCOptions, compileC } from '@ghostc/compiler';
import { seededInputs, type Tensors } from '@ghostc/conformance';
import { type Graph, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { fixtures, readFixture, seededInt8 } from '../testing/fixture-models.ts';
import { checkedHost } from '../testing/sanitizers.ts';
import { oneCopy } from './c-batch.ts';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

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
  ...names.map((name) => [name, () => readFixture(join(fixtures, 'modules', name))] as const),
  ...names
    .slice(0, 2)
    .map(
      (name) =>
        [`${name} in int8`, () => seededInt8(readFixture(join(fixtures, 'modules', name))).graph] as const,
    ),
  ['several inputs and outputs', () => several],
];

async function outputsOf(graph: Graph, options: CompileCOptions): Promise<Tensors[]> {
  const program = compileC(graph, options);
  const { device = 'host' } = options;
  const inputs = [5, 6].map((seed) => seededInputs(graph, seed));
  // where values lie does not depend on the kernels' second copy, nor on how well they are optimised
  const runs =
    device === 'host'
      ? runC(program, checkedHost, inputs, { extraFlags: [oneCopy] })
      : runC(program, device, inputs);
  return (await runs).map(({ outputs }) => outputs);
}

test.for(cases)('%s gives the same bits with io arena', async ([, make], context) => {
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

test('io arena with bands of rows gives the same bits', async (context) => {
  skipWithout(cDevice('host').tools, 'c@host', context);
  const graph = seededInt8(readFixture(join(fixtures, 'modules', 'ghost_bottleneck_s2_se'))).graph;
  const { arenaBytes } = compileC(graph, { io: 'arena' });
  const maxRam = Math.floor(0.9 * arenaBytes);
  expect(compileC(graph, { io: 'arena', maxRam }).streams.length).toBeGreaterThan(0);
  expect(await outputsOf(graph, { io: 'arena', maxRam })).toEqual(await outputsOf(graph, { io: 'caller' }));
});

test('a dead input makes room: inputs and outputs cost less than buffers of their own', () => {
  const graph = seededInt8(readFixture(join(fixtures, 'modules', 'ghost_bottleneck_s1'))).graph;
  const [given, inArena] = [compileC(graph), compileC(graph, { io: 'arena' })];
  const buffers = [...given.inputs, ...given.outputs].reduce((sum, { elements }) => sum + elements, 0);
  expect(inArena.arenaBytes).toBeLessThan(given.arenaBytes + buffers);
});
