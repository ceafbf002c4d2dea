import { type Executable, isRefusal, type Runtime } from '@ghostc/conformance';
import { CompileError, messageOf } from '@ghostc/ir';
import { type Pairs, pairedVerdict, takingTurns } from '@ghostc/runtimes';
import type { CaseResult, CaseStatus } from './case-result.ts';
import type { ConformCase } from './conform-case.ts';

/**
 * Runs a case on an engine and distinguishes refusals, errors and differences. Throws only for faults of
 * ghostc itself.
 */
export async function judgeCase(one: ConformCase, runtime: Runtime): Promise<CaseResult> {
  const watched = watching(runtime);
  const start = performance.now();
  const finish = (result: Omit<CaseResult, 'name' | 'seconds'>): CaseResult => ({
    name: one.name,
    ...result,
    seconds: (performance.now() - start) / 1000,
  });
  try {
    const { status, maxRel, ratio, message } = await one.judge(watched);
    if (watched.thrown !== undefined) return finish({ ...outcomeOf(watched.thrown), ...nothing });
    return finish({
      status: status === 'pass' || status === 'error' ? status : 'fail',
      error: number(maxRel),
      ratio: number(ratio),
      ...(message && { message }),
    });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return finish({ status: 'unread', message: wordsOf(error), ...nothing });
  }
}

/** The same, timed against another engine; a change of speed must show twice. */
export async function benchCase(one: ConformCase, runtime: Runtime, base: Runtime): Promise<CaseResult> {
  const result = await timedCase(one, runtime, base);
  if (!result.bench || result.bench.verdict === 'equal') return result;
  const { bench } = await timedCase(one, runtime, base);
  return bench?.verdict === result.bench.verdict
    ? result
    : { ...result, bench: { ...result.bench, verdict: 'equal' } };
}

async function timedCase(one: ConformCase, runtime: Runtime, base: Runtime): Promise<CaseResult> {
  const times: Pairs[] = [];
  const timed = takingTurns(base, runtime, (pairs) => times.push(pairs));
  const result = await judgeCase(one, timed);
  return times[0] ? { ...result, bench: pairedVerdict(times[0]) } : result;
}

const nothing = { error: null, ratio: null };

/** JSON has no NaN and no infinity. */
const number = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The runtime, and the first error that it threw. */
function watching(runtime: Runtime): Runtime & { thrown?: unknown } {
  const watched: Runtime & { thrown?: unknown } = {
    ...runtime,
    prepare: async (model, source) => keep(() => runtime.prepare(model, source).then(watch)),
  };
  const keep = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      watched.thrown ??= error;
      throw error;
    }
  };
  const watch = ({ run, runAll, dispose }: Executable): Executable => ({
    run: (inputs) => keep(() => run(inputs)),
    ...(runAll && { runAll: (inputs) => keep(() => runAll(inputs)) }),
    ...(dispose && { dispose: () => keep(async () => dispose()) }),
  });
  return watched;
}

const byCode: Readonly<Record<string, CaseStatus>> = { 'engine/timeout': 'timeout', 'engine/died': 'crash' };

/** What an engine threw, as an outcome of its case. */
export function outcomeOf(thrown: unknown): { status: CaseStatus; message: string } {
  const lost = thrown instanceof CompileError ? byCode[thrown.code] : undefined;
  return { status: lost ?? (isRefusal(thrown) ? 'refused' : 'error'), message: wordsOf(thrown) };
}

function wordsOf(error: unknown): string {
  if (error instanceof CompileError) return error.detail;
  return messageOf(error);
}
