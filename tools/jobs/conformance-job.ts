import { CompileError } from '@ghostc/ir';
import type { Check, Json } from '@ghostc/jobs';
import type { CaseReport } from '../conformance/case.ts';
import { type Gathered, gatherTests } from '../conformance/gather-tests.ts';
import { OutcomeLog } from '../conformance/outcome-log.ts';
import { runTests } from '../conformance/run-tests.ts';
import { ownRuntimes, peers, type RuntimeName } from '../conformance/runtime-names.ts';
import { onQueue, type QueuePlace } from './on-queue.ts';
import { checkedParams, someOf } from './params.ts';

/** Some tests on a runtime. */
interface ConformanceParams {
  readonly runtimes: readonly RuntimeName[];
  readonly names: readonly string[];
  /** Where the asker has the ONNX tests from. */
  readonly source: string;
}

interface ConformanceResult {
  readonly reports: readonly CaseReport[];
  /** Why the runtime is not available. */
  readonly missing: readonly (readonly [RuntimeName, string])[];
}

/** Tests of a job: they share one call of the C compiler. */
const TOGETHER = 64;

const names: Check = {
  ok: (v) => Array.isArray(v) && v.every((one) => typeof one === 'string'),
  expected: 'names of tests',
};
const aSource: Check = { ok: (v) => typeof v === 'string', expected: 'a source of tests' };

/** The kind of job that `npm run conformance -- --queue` asks for. Throws `jobs/tests` where this machine has other tests. */
export async function conformanceJob(params: Json): Promise<Json> {
  const checks = { runtimes: someOf([...ownRuntimes, ...peers]), names, source: aSource };
  const wanted = checkedParams<ConformanceParams>(params, checks);
  const selected = new Set(wanted.names);
  const { tests, source } = await gatherTests(process.cwd(), (name) => selected.has(name));
  if (source !== wanted.source || tests.length !== selected.size)
    throw new CompileError(
      'jobs/tests',
      `expected ${selected.size} tests of the ${wanted.source}, found ${tests.length} of the ${source}`,
    );
  const quiet = { progress: () => undefined, log: new OutcomeLog() };
  const { reports, missing } = await runTests(tests, wanted.runtimes, quiet);
  const result: object = { reports, missing: [...missing] };
  return result as Json;
}

/** What `runTests` gives, by workers on a queue. */
export async function runTestsOnQueue(
  { tests, source }: Gathered,
  runtimes: readonly RuntimeName[],
  queue: QueuePlace,
): Promise<{ reports: CaseReport[]; missing: Map<RuntimeName, string> }> {
  const jobs = runtimes.flatMap((runtime) =>
    chunks(tests.map(({ name }) => name)).map((some) => ({
      kind: 'conformance',
      params: { runtimes: [runtime], names: some, source },
    })),
  );
  const reports = new Map<string, CaseReport>();
  const missing = new Map<RuntimeName, string>();
  const onResult = (result: Json): void => {
    const found = result as object as ConformanceResult;
    for (const [runtime, reason] of found.missing) missing.set(runtime, reason);
    for (const one of found.reports) {
      const outcomes = { ...reports.get(one.name)?.outcomes, ...one.outcomes };
      reports.set(one.name, { ...one, outcomes });
    }
  };
  await onQueue(jobs, { ...queue, onResult });
  return { reports: [...reports.values()], missing };
}

function chunks(all: readonly string[]): string[][] {
  const count = Math.ceil(all.length / TOGETHER);
  return Array.from({ length: count }, (_, i) => all.slice(i * TOGETHER, (i + 1) * TOGETHER));
}
