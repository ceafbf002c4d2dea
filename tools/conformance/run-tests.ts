import { compileC, compileWgsl } from '@ghostc/compiler';
import { interpret } from '@ghostc/interpreter';
import { CompileError, type Tensor } from '@ghostc/ir';
import { type BatchEntry, createRuntime, runCBatch } from '@ghostc/runtimes';
import { type BoundModel, withBoundInputs } from './bind-inputs.ts';
import type { OnnxTest } from './onnx-tests.ts';
import { boundsOf, judge, type Outcome, opsOf, type Run, refusal } from './outcome.ts';

export const runtimeNames = ['interpreter', 'onnx', 'c', 'wgsl'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

export interface CaseReport {
  readonly name: string;
  /** Ops of the graph that the reader makes of the model; empty if it refuses it. */
  readonly ops: readonly string[];
  readonly outcomes: Partial<Record<RuntimeName, Outcome>>;
}

interface Case {
  readonly test: OnnxTest;
  readonly report: { name: string; ops: readonly string[]; outcomes: Partial<Record<RuntimeName, Outcome>> };
  /** Bounds by the inputs that were bound. */
  readonly bounds: Map<string, Run['bounds']>;
}

/** Runs every test on every runtime. */
export async function runTests(
  tests: readonly OnnxTest[],
  runtimes: readonly RuntimeName[],
  progress: (text: string) => void,
): Promise<CaseReport[]> {
  const cases = tests.map(
    (test): Case => ({ test, report: { name: test.name, ops: [], outcomes: {} }, bounds: new Map() }),
  );
  for (const one of cases) one.report.ops = readOps(one.test);
  for (const runtime of runtimes) {
    if (runtime === 'c') await runAllC(cases, progress);
    else
      for (const one of cases) {
        progress(`${runtime} ${one.test.name}`);
        one.report.outcomes[runtime] = await runOne(one, runtime);
      }
  }
  return cases.map(({ report }) => report);
}

function readOps(test: OnnxTest): string[] {
  try {
    return withBoundInputs(test, ({ graph }) => opsOf(graph)).result;
  } catch {
    return [];
  }
}

async function runOne(one: Case, runtime: RuntimeName): Promise<Outcome> {
  try {
    if (runtime === 'interpreter') return interpreted(one);
    const { model } = withBoundInputs(
      one.test,
      ({ graph }) => runtime === 'wgsl' && compileWgsl(graph, { name: 'case' }),
    );
    const executable = await createRuntime(runtime).prepare(model.graph);
    try {
      const results: ReadonlyMap<string, Tensor>[] = [];
      for (const set of model.inputs) results.push(await executable.run(set));
      return judge(runOf(one, model), results);
    } finally {
      await executable.dispose?.();
    }
  } catch (error) {
    return refusal(error);
  }
}

function interpreted(one: Case): Outcome {
  const { model } = withBoundInputs(one.test, () => undefined);
  return judge(
    runOf(one, model),
    model.inputs.map((set) => interpret(model.graph, set)),
  );
}

function runOf({ test, bounds }: Case, model: BoundModel): Run {
  const key = model.bound.join();
  const known = bounds.get(key) ?? boundsOf(model);
  bounds.set(key, known);
  return { test, model, bounds: known };
}

/** C is compiled in one batch for all tests. */
async function runAllC(cases: readonly Case[], progress: (text: string) => void): Promise<void> {
  const batch: { one: Case; model: BoundModel; entry: BatchEntry }[] = [];
  for (const [i, one] of cases.entries()) {
    progress(`c ${one.test.name}`);
    try {
      const { result, model } = withBoundInputs(one.test, ({ graph }) =>
        compileC(graph, { name: `case_${i}` }),
      );
      batch.push({ one, model, entry: { program: result, inputs: model.inputs } });
    } catch (error) {
      one.report.outcomes.c = refusal(error);
    }
  }
  progress(`c: compiling ${batch.length} programs`);
  const results = await runCBatch(batch.map(({ entry }) => entry));
  batch.forEach(({ one, model }, i) => {
    const result = results[i];
    one.report.outcomes.c =
      result instanceof CompileError ? refusal(result) : judge(runOf(one, model), result ?? []);
  });
}
