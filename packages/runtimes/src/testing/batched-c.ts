import { compileC } from '@ghostc/compiler';
import type { Runtime, Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { type BatchEntry, runCBatch } from '../c-batch.ts';
import type { ModelCase } from './model-case.ts';

type Outcome = readonly Tensors[] | CompileError;

/** C on the host for many cases with few calls of the compiler. Gives the runtime of each: it answers what the batch gave. */
export async function batchedC(cases: readonly ModelCase[]): Promise<(one: ModelCase) => Runtime> {
  const entries = cases.map((one, i) => entryOf(one, `case_${i}`));
  const programs = entries.filter((entry): entry is BatchEntry => !(entry instanceof CompileError));
  const results = await runCBatch(programs);
  const outcomes = new Map<ModelCase, Outcome>(
    cases.map((one, i) => {
      const entry = entries[i] as BatchEntry | CompileError;
      return [one, entry instanceof CompileError ? entry : (results[programs.indexOf(entry)] ?? [])];
    }),
  );
  return (one) => answering(outcomes.get(one) ?? []);
}

function entryOf(one: ModelCase, name: string): BatchEntry | CompileError {
  try {
    const { model, dataSet } = one.read('bound');
    return { program: compileC(model, { name }), inputs: [dataSet.inputs] };
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
}

function answering(outcome: Outcome): Runtime {
  return {
    name: 'c',
    prepare: async () => {
      if (outcome instanceof CompileError) throw outcome;
      return { run: async () => outcome[0] ?? new Map() };
    },
  };
}
