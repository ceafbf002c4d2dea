import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileWgsl, lowerForKernels, optimize } from '@ghostc/compiler';
import {
  caseGraph,
  compareTensors,
  joinCases,
  quantizedSuites,
  seededInputs,
  type Tensors,
} from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import type { Graph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { bindDimensions } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { describe, expect, test } from 'vitest';
import { wgslTools } from './dawn-device.ts';
import { skipWithout } from './require-tool.ts';
import { runWgsl, typedOutputs } from './run-wgsl.ts';

const fixtures = join(import.meta.dirname, '../../../test-fixtures/models');
const equal = { relative: 0, absolute: 0, reason: 'integers' };

/** What WGSL has no code for, and says so: 16 bits, softmax and bilinear resize of integers. */
const refused = /(linear|requantize).*i16|i16.*(linear|requantize)|qlinear_softmax|qlinear_resize/s;

/** The same elements in both, floats of mixed graphs included. */
async function expectEqual(graph: Graph, seeds: readonly number[]): Promise<void> {
  const inputs = seeds.map((seed) => seededInputs(graph, seed));
  const runs = await runWgsl(compileWgsl(graph), inputs);
  inputs.forEach((one, i) => {
    const actual = typedOutputs(graph, runs[i] as Tensors);
    for (const [name, expected] of interpret(graph, one)) {
      const { pass, problem, worst } = compareTensors(expected, actual.get(name), equal);
      expect({ name, pass, problem, worst }).toEqual({ name, pass: true, worst: -1 });
    }
  });
}

describe('8-bit integers in WGSL', () => {
  test.for(quantizedSuites)('$name, bit for bit', { timeout: 120_000 }, async (suite, context) => {
    skipWithout(wgslTools, 'wgsl', context);
    const cases = suite.cases.filter(({ text }) => !refused.test(text));
    await expectEqual(caseGraph(joinCases({ ...suite, cases })), [1, 2]);
  });

  const others = quantizedSuites.flatMap(({ cases }) => cases.filter(({ text }) => refused.test(text)));
  test.for(others)('$name is refused', ({ text, name }) => {
    expect(() => compileWgsl(caseGraph({ text, name }))).toThrow(
      /no WGSL kernel for .*qlinear_(softmax|resize)|\w+ of i16 \(%\w+\) has no WGSL kernel; there are those of i8 and u8/,
    );
  });
});

/** A model in int8, calibrated on seeded data. */
function integers(folder: string, io: 'float' | 'int8'): Graph {
  const file = readdirSync(folder).filter((name) => name.endsWith('.onnx'))[0] ?? '';
  const graph = readOnnx(readFileSync(join(folder, file)), { file });
  const open = graph.inputs.flatMap(({ type }) => type.shape).filter((dim) => typeof dim === 'string');
  const float = lowerForKernels(optimize(bindDimensions(graph, new Map(open.map((dim) => [dim, 1])))));
  const samples = [1, 2].map((seed) => ({ name: `seed ${seed}`, inputs: seededInputs(float, seed) }));
  return quantize(float, samples, { io }).graph;
}

const folders = [
  ...readdirSync(join(fixtures, 'modules')).map((name) => join('modules', name)),
  'ghost_fmnist',
];

const models = [
  ...folders.map((folder) => ({ folder, io: 'float' }) as const),
  { folder: 'modules/ghost_module_odd61', io: 'int8' },
  { folder: 'modules/ghost_bottleneck_s2_se', io: 'int8' },
  { folder: 'ghost_fmnist', io: 'int8' },
] as const;

describe('int8 models give the same bits in the interpreter and in WGSL', () => {
  test.for(models)('$folder with $io at its ends', { timeout: 120_000 }, async ({ folder, io }, context) => {
    skipWithout(wgslTools, folder, context);
    const graph = integers(join(fixtures, folder), io);
    await expectEqual(graph, [5, 6]);
  });
});
