import { compileC, compileWgsl } from '@ghostc/compiler';
import { interpret } from '@ghostc/interpreter';
import { CompileError, type Tensor } from '@ghostc/ir';
import { type BatchEntry, createRuntime, runCBatch } from '@ghostc/runtimes';
import { type BoundModel, withBoundInputs } from './bind-inputs.ts';
import type { ConformanceTest } from './onnx-tests.ts';
import { type Bounds, boundsOf, judge, type Outcome, opsOf, type Run, refusal } from './outcome.ts';
import type { OutcomeLog } from './outcome-log.ts';
import { runPeer } from './peers/run-peer.ts';
import { isPeer, type OwnRuntime, type RuntimeName } from './runtime-names.ts';

export interface CaseReport {
  readonly name: string;
  /** Ops of the graph that the reader makes of the model; empty if it refuses it. */
  readonly ops: readonly string[];
  readonly outcomes: Partial<Record<RuntimeName, Outcome>>;
}

/** A test on its way through the runtimes. */
export class Case {
  readonly test: ConformanceTest;
  readonly outcomes: Partial<Record<RuntimeName, Outcome>> = {};
  /** How our reader reads it, with what has to be bound for that; null if it refuses. */
  readonly read: BoundModel | null;
  readonly #bounds = new Map<string, Bounds>();
  readonly #log: OutcomeLog;

  constructor(test: ConformanceTest, log: OutcomeLog) {
    this.test = test;
    this.read = readOrNull(test);
    this.#log = log;
    Object.assign(this.outcomes, log.known(test.name));
  }

  settle(runtime: RuntimeName, outcome: Outcome): void {
    this.outcomes[runtime] = outcome;
    this.#log.add(this.test.name, runtime, outcome);
  }

  /** A run of the test as `model`, with bounds that are made once for each set of bound inputs. */
  run(model: BoundModel | null): Run {
    if (!model) return { test: this.test, model, bounds: [] };
    const key = model.bound.join();
    const bounds = this.#bounds.get(key) ?? boundsOf(this.test.name, model);
    this.#bounds.set(key, bounds);
    return { test: this.test, model, bounds };
  }

  report(): CaseReport {
    const ops = this.read ? opsOf(this.read.graph) : [];
    return { name: this.test.name, ops, outcomes: this.outcomes };
  }
}

function readOrNull(test: ConformanceTest): BoundModel | null {
  try {
    return withBoundInputs(test, () => undefined).model;
  } catch {
    return null;
  }
}

export type Progress = (text: string) => void;

/** Runs every test on every runtime, but for what the log knows. A peer that cannot be had is told by name with the reason. */
export async function runTests(
  tests: readonly ConformanceTest[],
  runtimes: readonly RuntimeName[],
  { progress, log }: { readonly progress: Progress; readonly log: OutcomeLog },
): Promise<{ reports: CaseReport[]; missing: Map<RuntimeName, string> }> {
  const missing = new Map<RuntimeName, string>();
  const cases = tests.map((test) => new Case(test, log));
  for (const runtime of runtimes)
    if (isPeer(runtime)) {
      const reason = await runPeer(runtime, cases, progress);
      if (reason !== undefined) missing.set(runtime, reason);
    } else {
      // ONNX's float ops only come near integer arithmetic: packages/runtimes holds them to one step
      const able = runtime === 'onnx' ? cases.filter(({ test }) => test.model) : cases;
      const open = able.filter(({ outcomes }) => !outcomes[runtime]);
      if (runtime === 'c') await runAllC(open, progress);
      else await runEach(open, runtime, progress);
    }
  return { reports: cases.map((one) => one.report()), missing };
}

async function runEach(cases: readonly Case[], runtime: OwnRuntime, progress: Progress): Promise<void> {
  for (const [i, one] of cases.entries()) {
    progress(`${runtime} ${i + 1}/${cases.length} ${one.test.name}`);
    one.settle(runtime, await runOne(one, runtime));
  }
}

async function runOne(one: Case, runtime: OwnRuntime): Promise<Outcome> {
  try {
    if (runtime === 'interpreter') return interpreted(one);
    const { model } = withBoundInputs(one.test, ({ graph }) => {
      if (runtime === 'wgsl') compileWgsl(graph, { name: 'case' });
    });
    const executable = await createRuntime(runtime).prepare(model.graph);
    try {
      const results: ReadonlyMap<string, Tensor>[] = [];
      for (const set of model.inputs) results.push(await executable.run(set));
      return judge(one.run(model), inOrder(model, results));
    } finally {
      await executable.dispose?.();
    }
  } catch (error) {
    return refusal(error, one.read);
  }
}

function interpreted(one: Case): Outcome {
  const { model } = withBoundInputs(one.test, () => undefined);
  const results = model.inputs.map((set) => interpret(model.graph, set));
  return judge(one.run(model), inOrder(model, results));
}

function inOrder(
  { graph }: BoundModel,
  results: readonly ReadonlyMap<string, Tensor>[],
): (Tensor | undefined)[][] {
  return results.map((result) => graph.outputs.map(({ name }) => result.get(name)));
}

/** C is compiled in one batch for all tests. */
async function runAllC(cases: readonly Case[], progress: Progress): Promise<void> {
  const batch: { one: Case; model: BoundModel; entry: BatchEntry }[] = [];
  for (const [i, one] of cases.entries()) {
    progress(`c ${i + 1}/${cases.length} ${one.test.name}`);
    try {
      const { result, model } = withBoundInputs(one.test, ({ graph }) =>
        compileC(graph, { name: `case_${i}` }),
      );
      batch.push({ one, model, entry: { program: result, inputs: model.inputs } });
    } catch (error) {
      one.settle('c', refusal(error, one.read));
    }
  }
  progress(`c: compiling and running ${batch.length} programs`);
  const results = await runCBatch(batch.map(({ entry }) => entry));
  batch.forEach(({ one, model }, i) => {
    const result = results[i];
    const outcome =
      result instanceof CompileError
        ? refusal(result, one.read)
        : judge(one.run(model), inOrder(model, result ?? []));
    one.settle('c', outcome);
  });
}
