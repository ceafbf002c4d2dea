import { compileC } from '@ghostc/compiler';
import { interpret } from '@ghostc/interpreter';
import { entryOf, parseGraph, randomTensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { beforeEach, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

const LAYERS = 2100;

/** A convolution, for which a host has code for AVX2 too, and many layers after it. */
const graph = parseGraph(
  `graph @net(%x: f32[1,8,6,6])
  const %w: f32[8,8,3,3] = random(1)
  %0 = conv2d %x, %w {pads=[1,1,1,1]}
${Array.from({ length: LAYERS }, (_, i) => `  %${i + 1} = ${i % 2 ? 'sin' : 'cos'} %${i}`).join('\n')}
  return %${LAYERS}`,
  { registry },
);
const inputs = new Map(graph.inputs.map(({ name, type }) => [name, randomTensor(type, 3)]));

beforeEach((context) => skipWithout([...cDevice('host').tools, ...cDevice('cortex-m4').tools], 'c', context));

/** GCC takes quadratic time over the calls of one function: 100 s for 10,000. */
test.each([
  ['host', { observer: true }],
  ['cortex-m4', {}],
] as const)('%s, %o: thousands of layers are parts of about a thousand', async (device, options) => {
  const program = compileC(graph, { name: 'net', device, ...options });
  const source = String(program.files.get('net.c'));
  expect(new Set(source.match(/^KERNEL int net_k_part_\d+/gm)).size).toBeGreaterThan(1);
  const [run] = await runC(program, device, [inputs]);
  const name = String(LAYERS);
  const found = run?.outputs.get(name)?.data ?? [];
  const expected = entryOf(interpret(graph, inputs), name).data;
  expected.forEach((v, i) => {
    expect(Number(found[i])).toBeCloseTo(Number(v), 4);
  });
});
