import { compileC } from '@ghostc/compiler';
import {
  type ConformanceCase,
  caseTask,
  type Runtime,
  type Tensors,
  type Verification,
} from '@ghostc/conformance';
import { CompileError, type Graph } from '@ghostc/ir';
import { runCBatch } from '../c/c-batch.ts';
import { cDevice, cRuntimeName, type ProgramDevice } from '../c/c-device.ts';
import type { BatchEntry } from '../c/run-batch.ts';
import type { ModelCase } from './model-case.ts';

type Outcome = readonly Tensors[] | CompileError;

/** C for many cases with few calls of the compiler. Gives the runtime of each: it answers what the batch gave. */
export async function batchedC(
  cases: readonly ModelCase[],
  device: ProgramDevice = 'host',
): Promise<(one: ModelCase) => Runtime> {
  const outcomes = await outcomesOf(cases, device, (one, name) => {
    const { model, dataSet } = one.read('bound');
    return { program: compileC(model, { name, device }), inputs: [dataSet.inputs] };
  });
  return (one) => answering(outcomes.get(one) ?? [], device);
}

/** The same for cases of a conformance suite, as one runtime. */
export const batchedSuite = (cases: readonly ConformanceCase[]): Promise<Runtime> =>
  batchedModels(cases.map(caseTask));

/** The same for any models, as one runtime: it knows these and no others. */
export async function batchedModels(
  tasks: readonly Pick<Verification, 'model' | 'dataSets'>[],
  device: ProgramDevice = 'host',
): Promise<Runtime> {
  const outcomes = await outcomesOf(tasks, device, ({ model, dataSets }, name) => ({
    program: compileC(model, { name, device }),
    inputs: dataSets.map(({ inputs }) => inputs),
  }));
  const known = new Map<Graph, Outcome>([...outcomes].map(([{ model }, outcome]) => [model, outcome]));
  const prepare: Runtime['prepare'] = (model) => answering(known.get(model) ?? [], device).prepare(model);
  return { name: cRuntimeName(device), dynamicShapes: true, prepare };
}

async function outcomesOf<Case>(
  cases: readonly Case[],
  device: ProgramDevice,
  entryOf: (one: Case, name: string) => BatchEntry,
): Promise<Map<Case, Outcome>> {
  const entries = cases.map((one, i) => refusedOr(() => entryOf(one, `case_${i}`)));
  const programs = entries.filter((entry): entry is BatchEntry => !(entry instanceof CompileError));
  const results = await runCBatch(programs, cDevice(device));
  const answers = results.values();
  return new Map(
    cases.map((one, i) => {
      const entry = entries[i];
      return [one, entry instanceof CompileError ? entry : (answers.next().value ?? [])];
    }),
  );
}

function refusedOr<T>(make: () => T): T | CompileError {
  try {
    return make();
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
}

function answering(outcome: Outcome, device: ProgramDevice = 'host'): Runtime {
  return {
    name: cRuntimeName(device),
    prepare: async () => {
      if (outcome instanceof CompileError) throw outcome;
      return { run: async () => outcome[0] ?? new Map(), runAll: async () => outcome };
    },
  };
}
