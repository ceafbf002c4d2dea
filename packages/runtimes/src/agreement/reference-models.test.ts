import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compileOnnx } from '@ghostc/compiler';
import {
  type DataSet,
  type Runtime,
  type RuntimeResult,
  type Verification,
  verifyModel,
} from '@ghostc/conformance';
import { type Graph, isStaticShape } from '@ghostc/ir';
import { readOnnx, readTensorProto } from '@ghostc/onnx';
import { afterAll, expect, test } from 'vitest';
import { cDevice, type ProgramDevice } from '../c/c-device.ts';
import { checkOnnx, decodeIndependently, onnxChecker } from '../ort/onnx-checker.ts';
import { skipWithout, type Tool } from '../process/require-tool.ts';
import { createRuntime } from '../runtime-table.ts';
import { batchedModels } from '../testing/batched-c.ts';
import { distinctModules, fixtures, sameAsSeed } from '../testing/fixture-models.ts';
import { inTurn, testTurn } from '../testing/turn.ts';
import { wgslTools } from '../wgsl/dawn-device.ts';
import { type Engine, engineTools, stopEngines } from '../wgsl/engines.ts';

const shared = join(import.meta.dirname, '../../../../../shared/models');
const tolerance = { relative: 1e-5, absolute: 0, reason: 'float32 sums in another order' };

interface Model {
  readonly name: string;
  readonly folder: string;
  readonly targets: readonly string[];
}

/** A Cortex-M7 has the float C of a Cortex-M4 (runtime-table.test.ts). */
const everywhere = [
  'onnx',
  'wgsl',
  'wgsl@chromium',
  'wgsl@deno',
  'c',
  'c@cortex-m4',
  'c@cortex-m55',
  'c@rv32',
];
const few = ['onnx', 'wgsl', 'c'];
const modules = [...distinctModules, ...sameAsSeed].map(
  (folder): Model => ({
    name: basename(folder),
    folder: join(fixtures, folder),
    targets: sameAsSeed.includes(folder) ? few : [...few, 'c@cortex-m4'],
  }),
);
/**
 * Chromium compiles shaders as Dawn does, and runtime-table.test.ts has the suites in it and in Deno: ghost_fmnist runs there. Of the
 * large models, one runs on every kind of target, and the kinds take turns on the others.
 */
const large: readonly Model[] = [
  ['ghostnet_v1_050_224', ['onnx']],
  ['ghostnet_v1_100_224', ['onnx', 'wgsl', 'c', inTurn('v1', ['wgsl@gpu', 'wgsl@deno', 'c@cortex-m55'])]],
  ['ghostnetv2_100_224', ['onnx', inTurn('v2', ['wgsl', 'c'])]],
  ['ghostnetv3_100_224_reparam', ['onnx', inTurn('v3', ['wgsl', 'c'])]],
].map(([name, targets]) => ({
  name: name as string,
  folder: join(shared, name as string),
  targets: targets as string[],
}));
const models: readonly Model[] = [
  { name: 'ghost_fmnist', folder: join(fixtures, 'ghost_fmnist'), targets: everywhere },
  ...modules,
  ...large,
];

type Task = Pick<Verification, 'model' | 'dataSets'>;
const tasks = new Map<string, Task>();
const cTargets: Readonly<Record<string, ProgramDevice>> = { c: 'host', 'c@cortex-m4': 'cortex-m4' };
const batches = new Map<ProgramDevice, Promise<Runtime>>();

afterAll(stopEngines);

test.for(models)(
  `$name matches PyTorch on $targets (GHOSTC_TURN=${testTurn()})`,
  async ({ name, folder, targets }, context) => {
    if (!existsSync(folder)) return context.skip(`${folder} is not part of the repository and is not here`);
    skipWithout(targets.flatMap(toolsOf), name, context);
    const { model, dataSets } = taskOf(name, folder);
    const results: RuntimeResult[] = [];
    for (const target of targets) {
      const given = target.startsWith('c@') ? dataSets.slice(0, 1) : dataSets; // emulators are slow
      results.push(await verifyModel(await runtimeFor(target, name), { model, dataSets: given, tolerance }));
    }
    expect(results.filter((result) => result.status !== 'pass')).toEqual([]);
    expect(results.map((result) => result.target)).toEqual(targets);
  },
);

test('our ONNX of every model passes the checker and reads back with onnx-proto', async (context) => {
  skipWithout([onnxChecker], 'onnx.checker', context);
  const sources = models.filter(({ folder }) => existsSync(folder));
  const graphs = sources.map(({ name, folder }) => readModel(name, folder));
  const files = graphs.map((graph) => compileOnnx(graph));
  await checkOnnx(...files);
  const decoded = await decodeIndependently(...files);
  for (const [i, { inputs, outputs, ops }] of decoded.entries()) {
    expect(inputs).toEqual(graphs[i]?.inputs.map((input) => input.name));
    expect(outputs).toEqual(graphs[i]?.outputs.map((output) => output.name));
    expect(ops).not.toContain('BatchNormalization');
  }
  expect(decoded).toHaveLength(sources.length);
});

/** A module of symbolic sizes is bound to those of its data. */
const batched = modules.filter(({ name, folder }) =>
  taskOf(name, folder).model.inputs.every(({ type }) => isStaticShape(type.shape)),
);

/** Modules are one program for each device; a network is one of its own, as well optimised as it can be. */
async function runtimeFor(target: string, name: string): Promise<Runtime> {
  const device = cTargets[target];
  if (!device || !batched.some((one) => one.name === name)) return createRuntime(target);
  const batch = batches.get(device) ?? batchedModels(tasksFor(target), device);
  batches.set(device, batch);
  return batch;
}

function tasksFor(target: string): Task[] {
  const some = batched.filter(({ targets }) => targets.includes(target));
  return some.map(({ name, folder }) => taskOf(name, folder));
}

function taskOf(name: string, folder: string): Task {
  const known = tasks.get(name);
  if (known) return known;
  const model = readModel(name, folder);
  const task = { model, dataSets: readDataSets(folder, model) };
  tasks.set(name, task);
  return task;
}

function toolsOf(target: string): readonly Tool[] {
  if (target === 'wgsl') return wgslTools;
  if (target === 'wgsl@gpu') return wgslTools;
  if (target.startsWith('wgsl@')) return engineTools[target.slice(5) as Engine];
  return target.startsWith('c') ? cDevice(target.split('@')[1] ?? 'host').tools : [];
}

function readModel(name: string, folder: string): Graph {
  const file = ['model.onnx', `${name}.onnx`].map((stem) => join(folder, stem)).find(existsSync) ?? '';
  return readOnnx(readFileSync(file), { file });
}

function readDataSets(folder: string, model: Graph): DataSet[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('test_data_set_'))
    .map((name) => {
      const read = (file: string) => readTensorProto(readFileSync(join(folder, name, file)));
      const inputs = new Map(model.inputs.map((input, i) => [input.name, read(`input_${i}.pb`)]));
      return {
        name,
        inputs,
        outputs: new Map(model.outputs.map((output, i) => [output.name, read(`output_${i}.pb`)])),
      };
    });
}
