import { setImmediate } from 'node:timers/promises';
import { type Runtime, runEach, type Tensors } from '@ghostc/conformance';
import { entryOf, messageOf, parseGraph, type Tensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { worker } from 'workerpool';
import type { CaseResult } from '../conform/case-result.ts';
import { type ConformCase, conformCases } from '../conform/conform-case.ts';
import { benchCase, judgeCase } from '../conform/judge-case.ts';
import { findRuntime } from '../find-runtime.ts';

/** A case of the conformance suite for a runtime. */
export interface CaseTask {
  readonly name: string;
  readonly runtime: string;
  readonly timeout: number;
  readonly onnxTests: readonly string[];
  /** Another engine that the case is timed against. */
  readonly bench?: string | undefined;
}

/** A model with inputs for a runtime. */
export interface RuntimeTask {
  readonly runtime: string;
  readonly timeout: number;
  readonly text: string;
  readonly resources: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly Tensors[];
}

/** What of a runtime can be told to another process. */
export type RuntimeFacts = Pick<Runtime, 'name' | 'dynamicShapes' | 'arithmetic'>;

/**
 * Serves a pool of `worker-pool.ts` from a separate process. A worker has its runtimes, and one list of
 * cases.
 */
export function serveWorker(): void {
  const late = lateErrors();
  const found = new Map<string, Promise<Runtime>>();
  let cases: Map<string, ConformCase> | undefined;
  const runtimeOf = (name: string, timeout: number): Promise<Runtime> => {
    const known = found.get(name);
    if (known) return known;
    if (name.startsWith('exec:')) leaveOnSignals();
    const runtime = findRuntime(name, { timeout });
    found.set(name, runtime);
    return runtime;
  };
  worker({
    describe: async (name: string, timeout: number): Promise<RuntimeFacts> => {
      const { name: called, dynamicShapes, arithmetic } = await runtimeOf(name, timeout);
      return { name: called, ...(dynamicShapes && { dynamicShapes }), ...(arithmetic && { arithmetic }) };
    },
    run: async (task: RuntimeTask): Promise<readonly Tensors[]> => {
      const runtime = await runtimeOf(task.runtime, task.timeout);
      const { text, resources, inputs } = task;
      return late.watch(() => runEach(runtime.prepare(parseGraph(text, { registry, resources })), inputs));
    },
    judge: async (task: CaseTask): Promise<CaseResult> => {
      const runtime = await runtimeOf(task.runtime, task.timeout);
      cases ??= new Map(conformCases(task.onnxTests).map((one) => [one.name, one]));
      const one = entryOf(cases, task.name);
      if (task.bench === undefined) return late.watch(() => judgeCase(one, runtime));
      const base = await runtimeOf(task.bench, task.timeout);
      return late.watch(() => benchCase(one, runtime, base));
    },
  });
}

/** Leaves by `exit`, which ends the engine's process too. A module that hangs would not hear of a signal: it gets no handler. */
function leaveOnSignals(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit());
}

/** Errors that an engine throws outside of its promises, which would end the process in the middle of another case. */
function lateErrors(): { watch<T>(work: () => Promise<T>): Promise<T> } {
  let thrown: unknown;
  process.on('uncaughtException', (error) => {
    thrown ??= error;
  });
  return {
    watch: async (work) => {
      thrown = undefined;
      const result = await work();
      await setImmediate(); // what was left to a later turn may throw now
      if (thrown === undefined) return result;
      const words = messageOf(thrown);
      throw new Error(`threw after it had been asked, outside of its promise: ${words}`);
    },
  };
}
