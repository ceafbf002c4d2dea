import { join } from 'node:path';
import { compileWgsl } from '@ghostc/compiler';
import {
  caseGraph,
  compareTensors,
  type Executable,
  exact,
  joinCases,
  quantizedSuites,
  runEach,
  seededInputs,
  type Tensors,
} from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import type { Graph } from '@ghostc/ir';
import { afterAll, describe, expect, test } from 'vitest';
import { typedOutputs } from '../process/carried-io.ts';
import { skipWithout } from '../process/require-tool.ts';
import { distinctModules, fixtures, readFixture, seededInt8 } from '../testing/fixture-models.ts';
import { inTurn, testTurn } from '../testing/turn.ts';
import { wgslTools } from './dawn-device.ts';
import { engineTools, stopEngines } from './engines.ts';
import { prepareRemote } from './prepare-remote.ts';
import { prepareWgsl } from './run-wgsl.ts';

const tools = [...wgslTools, ...engineTools.chromium, ...engineTools.deno];

/** What WGSL has no code for, and says so: 16 bits. */
const refused = /(linear|requantize).*i16|i16.*(linear|requantize)/s;

afterAll(stopEngines);

type Prepare = (program: ReturnType<typeof compileWgsl>) => Promise<Executable>;

/** With dot4I8Packed, which all three engines have, and without it. */
const targetTable = {
  'Dawn, variants': prepareWgsl,
  'Dawn, plain': (program) => prepareWgsl(program, { plain: true }),
  'Chromium, variants': (program) => prepareRemote('chromium', program),
  'Deno, variants': (program) => prepareRemote('deno', program),
  'Deno, plain': (program) => prepareRemote('deno', program, { plain: true }),
} as const satisfies Readonly<Record<string, Prepare>>;
type Target = keyof typeof targetTable;

const allTargets = Object.keys(targetTable) as readonly Target[];

/** Dawn, and one of the others, which compile the same shaders: `npm test` checks each shader with Tint and naga. */
const twoTargets = (name: string): readonly Target[] => ['Dawn, variants', inTurn(name, allTargets.slice(1))];

/** The same elements in the interpreter and on every target, floats of mixed graphs included. */
async function expectEqual(
  graph: Graph,
  seeds: readonly number[],
  targets: readonly Target[],
): Promise<void> {
  const inputs = seeds.map((seed) => seededInputs(graph, seed));
  const expected = inputs.map((one) => interpret(graph, one));
  const program = compileWgsl(graph);
  for (const target of targets) {
    const results = await runEach(targetTable[target](program), inputs);
    for (const [i, result] of results.entries()) {
      const actual = typedOutputs(graph, result);
      for (const [name, tensor] of expected[i] as Tensors) {
        const { pass, problem, worst } = compareTensors(tensor, actual.get(name), exact);
        expect({ target, name, pass, problem, worst }).toEqual({ target, name, pass: true, worst: -1 });
      }
    }
  }
}

describe(`8-bit integers in WGSL, on Dawn and one more of Dawn, Chromium and Deno (GHOSTC_TURN=${testTurn()})`, () => {
  test.for(quantizedSuites)('$name, bit for bit', async (suite, context) => {
    skipWithout(tools, 'wgsl', context);
    const cases = suite.cases.filter(({ text }) => !refused.test(text));
    await expectEqual(caseGraph(joinCases({ ...suite, cases })), [1, 2], twoTargets(suite.name));
  });

  const others = quantizedSuites.flatMap(({ cases }) => cases.filter(({ text }) => refused.test(text)));
  test.for(others)('$name is refused', ({ text, name }) => {
    expect(() => compileWgsl(caseGraph({ text, name }))).toThrow(
      /\w+ of i16 \(%\w+\) has no WGSL kernel; there are those of i8 and u8/,
    );
  });
});

const folders = [...distinctModules, 'ghost_fmnist'];

const models = [
  ...folders.map((folder) => ({ folder, io: 'float' }) as const),
  { folder: 'modules/ghost_module_odd61', io: 'int8' },
  { folder: 'modules/ghost_bottleneck_s2_se', io: 'int8' },
  { folder: 'ghost_fmnist', io: 'int8' },
] as const;

describe('int8 models give the same bits in the interpreter and in WGSL', () => {
  test.for(models)('$folder with $io at its ends', async ({ folder, io }, context) => {
    skipWithout(tools, folder, context);
    const graph = seededInt8(readFixture(join(fixtures, folder)), { io }).graph;
    const targets = /fmnist|s2_se/.test(folder) ? twoTargets(`${folder} ${io}`) : allTargets.slice(0, 1);
    await expectEqual(graph, [5, 6], targets);
  });
});
