import { setImmediate } from 'node:timers/promises';
import { worker } from 'workerpool';
import { findRuntime } from '../find-runtime.ts';
import type { CaseResult } from './case-result.ts';
import { type ConformCase, conformCases } from './conform-case.ts';
import { judgeCase } from './judge-case.ts';

/** What a worker is told with every case. */
export interface WorkerTask {
  readonly name: string;
  readonly runtime: string;
  readonly onnxTests: readonly string[];
  readonly timeout: number;
}

/** Serves the pool of `run-conform.ts` from a process of its own. */
export function serveConform(): void {
  let late: unknown;
  process.on('uncaughtException', (error) => {
    late ??= error;
  });
  const cases = new Map<string, ConformCase>();
  let runtime: ReturnType<typeof findRuntime> | undefined;
  worker({
    judge: async (task: WorkerTask): Promise<CaseResult> => {
      if (cases.size === 0) for (const one of conformCases(task.onnxTests)) cases.set(one.name, one);
      runtime ??= findRuntime(task.runtime, task);
      late = undefined;
      const result = await judgeCase(cases.get(task.name) as ConformCase, await runtime);
      await setImmediate(); // what the engine left to a later turn may throw now
      return late === undefined ? result : thrownLate(result, late);
    },
  });
}

function thrownLate(result: CaseResult, error: unknown): CaseResult {
  const words = error instanceof Error ? error.message : String(error);
  return {
    ...result,
    status: 'error',
    message: `threw after it had been asked, outside of its promise: ${words}`,
  };
}
