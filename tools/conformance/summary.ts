import type { CaseReport } from './case.ts';
import type { Outcome } from './outcome.ts';
import { isPeer, type RuntimeName, thresholds } from './runtime-names.ts';

/** What became of the tests on one runtime. */
export interface Tally {
  readonly runtime: RuntimeName;
  readonly cases: number;
  readonly passed: number;
  readonly refused: number;
  readonly failed: number;
  /** Not in this source of the tests. */
  readonly absent: number;
  /** Passed with inputs that were given at compile time. */
  readonly bound: number;
  /** Passed by a tolerance that is not derived. */
  readonly fallback: number;
}

export function isOnnxTest({ name }: Pick<CaseReport, 'name'>): boolean {
  return !name.startsWith('ghostc/');
}

export function tally(reports: readonly CaseReport[], runtime: RuntimeName): Tally {
  const all = reports.flatMap(({ outcomes }) => outcomes[runtime] ?? []);
  const count = (status: Outcome['status']): number => all.filter((one) => one.status === status).length;
  return {
    runtime,
    cases: all.length,
    passed: count('passed'),
    refused: count('refused'),
    failed: count('failed'),
    absent: count('absent'),
    bound: all.filter((one) => one.status === 'passed' && one.bound).length,
    fallback: all.filter((one) => one.status === 'passed' && one.tolerance).length,
  };
}

/** Passed, of all: in per cent with one digit. */
export function share({ passed, cases }: Tally): string {
  return `${((100 * passed) / Math.max(1, cases)).toFixed(1)} %`;
}

/** What makes the run fail: wrong results of ours, and a share below the threshold where all ONNX tests ran. */
export function problemsOf({
  reports,
  runtimes,
  complete,
}: {
  readonly reports: readonly CaseReport[];
  readonly runtimes: readonly RuntimeName[];
  readonly complete: boolean;
}): string[] {
  return runtimes.flatMap((runtime) => {
    if (isPeer(runtime)) return [];
    const { failed } = tally(reports, runtime);
    const { passed, cases } = tally(reports.filter(isOnnxTest), runtime);
    const wanted = Math.ceil(thresholds[runtime] * cases);
    return [
      ...(failed ? [`${runtime}: ${failed} failed`] : []),
      ...(complete && passed < wanted
        ? [`${runtime}: ${passed} of ${cases} passed, ${wanted} must (${100 * thresholds[runtime]} %)`]
        : []),
    ];
  });
}

/** Tests by what was said about them, most first; names of values are left out of the reasons. */
export function reasonsOf(
  reports: readonly CaseReport[],
  runtime: RuntimeName,
  statuses: readonly Outcome['status'][],
): [reason: string, names: string[]][] {
  const groups = new Map<string, string[]>();
  for (const { name, outcomes } of reports) {
    const outcome = outcomes[runtime];
    if (!outcome || !statuses.includes(outcome.status)) continue;
    const key = `${outcome.status}: ${(outcome.reason ?? '').replace(/%\S+/g, 'a value')}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups].sort((a, b) => b[1].length - a[1].length);
}
