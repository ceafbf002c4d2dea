import type { PairedVerdict } from '@ghostc/runtimes';
import { type CaseResult, isProblem, type JudgedResult } from './case-result.ts';

/** A run, as `--json` writes it and `--baseline` reads it. */
export interface ConformReport {
  readonly format: 'ghostc-conform/1';
  readonly runtime: string;
  readonly cases: readonly JudgedResult[];
  /** What is wrong, in words. Empty when the engine conforms. */
  readonly problems: readonly string[];
}

export interface Expectations {
  /** Names of cases that must fail or be refused, with the reason. */
  readonly expectedFailures: ReadonlyMap<string, string>;
  readonly baseline?: ConformReport | undefined;
  /** Refusals are problems too. */
  readonly strict: boolean;
}

export function conformReport(
  runtime: string,
  results: readonly CaseResult[],
  expectations: Expectations,
): ConformReport {
  const cases = results.map((one) => judged(one, expectations));
  const problems = cases.flatMap(({ name, problem }) => (problem === undefined ? [] : `${name}: ${problem}`));
  return { format: 'ghostc-conform/1', runtime, cases, problems };
}

function judged(result: CaseResult, expectations: Expectations): JudgedResult {
  const expected = expectations.expectedFailures.get(result.name);
  const problem = problemOf(result, expectations);
  return { ...result, ...(expected !== undefined && { expected }), ...(problem !== null && { problem }) };
}

function problemOf(result: CaseResult, { expectedFailures, baseline, strict }: Expectations): string | null {
  const { name, status, message, bench } = result;
  const reason = expectedFailures.get(name);
  const refused = status === 'refused';
  const failed = isProblem(result) || (strict && refused);
  if (reason !== undefined) return failed || refused ? null : `expected to fail (${reason}), found ${status}`;
  const slower = bench?.verdict === 'slower' ? slowerWords(bench) : null;
  const before = baseline?.cases.find((one) => one.name === name);
  if (failed) {
    const regression = before?.status === 'pass' ? ', which passed before' : '';
    return `${status}${regression}${message ? `: ${message}` : ''}`;
  }
  return slower ?? (before ? worsened(result, before) : null);
}

const slowerWords = ({ speed, noise }: PairedVerdict): string =>
  `slower: ${speed.toFixed(2)} times as fast as the other engine; noise explains ${(1 / noise).toFixed(2)}`;

/** Growth from the baseline that is reported: of the error, and of the time where it can be measured. */
const [ERROR_GROWTH, TIME_GROWTH, MIN_SECONDS] = [10, 3, 0.5];

function worsened(now: CaseResult, before: CaseResult): string | null {
  const found: string[] = [];
  if (now.status === 'refused' && before.status === 'pass') found.push('refused, passed before');
  if ((now.ratio ?? 0) > ERROR_GROWTH * (before.ratio ?? Infinity) && before.ratio)
    found.push(`error over bound grew from ${before.ratio.toPrecision(2)} to ${now.ratio?.toPrecision(2)}`);
  if (now.seconds > Math.max(MIN_SECONDS, TIME_GROWTH * before.seconds))
    found.push(`time grew from ${before.seconds.toFixed(2)} to ${now.seconds.toFixed(2)} s`);
  return found.length ? found.join('; ') : null;
}
