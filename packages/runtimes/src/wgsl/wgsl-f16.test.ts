import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileWgsl, lowerForGpuKernels, optimize } from '@ghostc/compiler';
import {
  compareTensors,
  type Runtime,
  runEach,
  seededInputs,
  type Tensors,
  verifyModel,
} from '@ghostc/conformance';
import { boundedRun, interpret } from '@ghostc/interpreter';
import { type DType, fromNumbers, type Graph, toNumbers, type Value } from '@ghostc/ir';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { fixtures, readFixture } from '../testing/fixture-models.ts';
import { engine, engineTools, stopEngines } from './engines.ts';
import { prepareRemote } from './prepare-remote.ts';

const shared = join(import.meta.dirname, '../../../../../shared/models');
const tolerance = { relative: 1e-5, absolute: 0, reason: 'float32 sums in another order' };

/** Inputs that are matrices, which f16 programs store in half: weights of all but depthwise convolutions. */
const matrixInputs: Readonly<Record<string, readonly number[]>> = {
  conv2d: [1],
  fully_connected: [1],
  fused_ghost_module: [1],
  squeeze_excite_gate: [1, 3],
};

afterAll(stopEngines);
beforeEach((context) => skipWithout(engineTools.deno, 'f16', context));

test('lavapipe has shader-f16', async () => {
  const source = 'enable f16;\nfn f(x: f16) -> f32 { return f32(x); }';
  expect(await (await engine('deno')).check([source])).toEqual([null]);
});

const modules = readdirSync(join(fixtures, 'modules')).map((name) => join(fixtures, 'modules', name));
const fmnist = join(fixtures, 'ghost_fmnist');
const large = [
  'ghostnet_v1_050_224',
  'ghostnet_v1_100_224',
  'ghostnetv2_100_224',
  'ghostnetv3_100_224_reparam',
];
const byName = (folder: string) => ({ name: folder.split('/').at(-1), folder });

describe('f16 matrices in Deno: the model with weights rounded to f16, within the bound of float32 sums', () => {
  test.for([...modules, fmnist].map(byName))('$name', ({ folder }) => expectRounded(folder));

  test.for(large.map((name) => byName(join(shared, name))))('$name', async ({ folder }, context) => {
    if (!existsSync(folder)) return context.skip(`${folder} is not part of the repository and is not here`);
    if (!process.env.GHOSTC_LARGE) return context.skip('npm run verify:f16 runs it');
    await expectRounded(folder);
  });
});

/** Of whole networks the bound would say nothing. */
const shallow = modules.filter((folder) => !folder.includes('bottleneck'));

test.for(shallow.map(byName))(
  'f16 matrices in Deno: $name as it is, within the bound of its rounded weights',
  async ({ folder }) => {
    const graph = lowered(folder);
    const stored = new Map(matricesOf(graph).map((value): [Value, DType] => [value, 'f16']));
    const inputs = seededInputs(graph, 1);
    const [outputs] = await runEach(f16Runtime(folder, false).prepare(graph), [inputs]);
    for (const [name, { value, bound }] of boundedRun(graph, inputs, { stored })) {
      const expected = fromNumbers('f32', value.shape, toNumbers(value));
      const limit = {
        ...tolerance,
        relative: 2 ** -24,
        bound,
        reason: 'half a unit in the last place of f16',
      };
      const { problem, ratio } = compareTensors(expected, outputs?.get(name), limit);
      expect({ name, problem }).toEqual({ name, problem: undefined });
      expect(ratio).toBeGreaterThan(1e-3); // the rounding shows
    }
  },
);

/** With f16 in the shaders, and with the matrices expanded to f32. */
async function expectRounded(folder: string): Promise<void> {
  const model = rounded(folder);
  const inputs = seededInputs(model, 1);
  const dataSets = [{ name: 'seed 1', inputs, outputs: interpret(model, inputs) as Tensors }];
  for (const plain of [false, true])
    expect(
      await verifyModel(f16Runtime(folder, plain), { model, dataSets, tolerance, derived: 'statistical' }),
    ).toMatchObject({ status: 'pass' });
}

/** Runs the f16 program of the model in a folder, whatever graph it is given. */
function f16Runtime(folder: string, plain: boolean): Runtime {
  const program = compileWgsl(readFixture(folder), { matrices: 'f16' });
  expect(program.manifest.halfBytes).toBeGreaterThan(0);
  return { name: 'wgsl@deno, f16', prepare: () => prepareRemote('deno', program, { plain }) };
}

/** What the GPU computes, with the matrices rounded to f16. */
function rounded(folder: string): Graph {
  const graph = lowered(folder);
  for (const { constant } of matricesOf(graph)) {
    const data = constant?.data as Float32Array;
    data.set(toNumbers(fromNumbers('f16', [data.length], data)) as Float64Array);
  }
  return graph;
}

function matricesOf(graph: Graph): Value[] {
  const weights = [...graph.nodes()].flatMap(({ op, inputs }) =>
    (matrixInputs[op] ?? []).map((index) => inputs[index]),
  );
  return [...new Set(weights.filter((value): value is Value => !!value?.constant))];
}

function lowered(folder: string): Graph {
  return lowerForGpuKernels(optimize(readFixture(folder)));
}
