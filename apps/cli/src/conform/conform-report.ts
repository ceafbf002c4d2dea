import { type CaseResult, isProblem } from './case-result.ts';

/** A run, as `--json` writes it and `--baseline` reads it. */
export interface ConformReport {
  readonly format: 'ghostc-conform/1';
  readonly runtime: string;
  readonly cases: readonly CaseResult[];
  /** What is wrong, in words. Empty when the engine conforms. */
  readonly problems: readonly string[];
}

export interface Expectations {
  /** Names of cases that must fail, with the reason. */
  readonly expectedFailures: ReadonlyMap<string, string>;
  readonly baseline?: ConformReport | undefined;
  /** Refusals are problems too. */
  readonly strict: boolean;
}

export function conformReport(
  runtime: string,
  cases: readonly CaseResult[],
  expected: Expectations,
): ConformReport {
  const known = new Set(cases.map(({ name }) => name));
  const unknown = [...expected.expectedFailures.keys()].filter((name) => !known.has(name));
  return {
    format: 'ghostc-conform/1',
    runtime,
    cases,
    problems: [
      ...cases.flatMap((one) => problemOf(one, expected)),
      ...unknown.map((name) => `${name}: expected to fail, but no such case was run`),
    ],
  };
}

function problemOf(result: CaseResult, { expectedFailures, baseline, strict }: Expectations): string[] {
  const { name, status, message } = result;
  const reason = expectedFailures.get(name);
  const failed = isProblem(result) || (strict && status === 'refused');
  if (reason !== undefined) return failed ? [] : [`${name}: expected to fail (${reason}), found ${status}`];
  const before = baseline?.cases.find((one) => one.name === name);
  if (failed)
    return [
      `${name}: ${status}${before?.status === 'pass' ? ', which passed before' : ''}${message ? `: ${message}` : ''}`,
    ];
  return before ? worsened(result, before) : [];
}

/** Growth from the baseline that is told: of the error, and of the time where it can be measured. */
const [ERROR_GROWTH, TIME_GROWTH, MIN_SECONDS] = [10, 3, 0.5];

function worsened(now: CaseResult, before: CaseResult): string[] {
  const problems: string[] = [];
  if (now.status === 'refused' && before.status === 'pass')
    problems.push(`${now.name}: refused, passed before`);
  if ((now.ratio ?? 0) > ERROR_GROWTH * (before.ratio ?? Infinity) && before.ratio)
    problems.push(
      `${now.name}: error over bound grew from ${before.ratio.toPrecision(2)} to ${now.ratio?.toPrecision(2)}`,
    );
  if (now.seconds > Math.max(MIN_SECONDS, TIME_GROWTH * before.seconds))
    problems.push(`${now.name}: time grew from ${before.seconds.toFixed(2)} to ${now.seconds.toFixed(2)} s`);
  return problems;
}
