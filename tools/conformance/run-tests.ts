import { compileC, compileWgsl } from '@ghostc/compiler';
import { runEach } from '@ghostc/conformance';
import { CompileError, type Tensor } from '@ghostc/ir';
import { type BatchEntry, createRuntime, runCBatch } from '@ghostc/runtimes';
import type { BoundModel } from './bind-inputs.ts';
import { Case, type CaseReport, type Progress } from './case.ts';
import type { ConformanceTest } from './onnx-tests.ts';
import { judge, type Outcome, refusal } from './outcome.ts';
import type { OutcomeLog } from './outcome-log.ts';
import { runPeer } from './peers/run-peer.ts';
import { isPeer, type OwnRuntime, type RuntimeName } from './runtime-names.ts';

/**
 * Runs every test on every runtime, except those in the log. A peer that is not available is named with the
 * reason.
 */
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
      else await runOneByOne(open, runtime, progress);
    }
  return { reports: cases.map((one) => one.report()), missing };
}

async function runOneByOne(cases: readonly Case[], runtime: OwnRuntime, progress: Progress): Promise<void> {
  for (const [i, one] of cases.entries()) {
    progress(`${runtime} ${i + 1}/${cases.length} ${one.test.name}`);
    one.settle(runtime, await runOne(one, runtime));
  }
}

async function runOne(one: Case, runtime: OwnRuntime): Promise<Outcome> {
  try {
    const { model } = one.compiled(({ graph }) => {
      if (runtime === 'wgsl') compileWgsl(graph, { name: 'case' });
    });
    const results = await runEach(createRuntime(runtime).prepare(model.graph), model.inputs);
    return judge(one.run(model), inOrder(model, results));
  } catch (error) {
    return refusal(error, one.read);
  }
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
      const { result, model } = one.compiled(({ graph }) => compileC(graph, { name: `case_${i}` }));
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
