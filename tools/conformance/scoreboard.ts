import { markdownTable } from './markdown-table.ts';
import type { ScoredEngine } from './scored-engines.ts';

/** What a scoreboard takes of a report of `ghostc conform --json`. */
export interface ScoredCase {
  readonly name: string;
  /** In the words of docs/engines.md. */
  readonly status: string;
  readonly message?: string;
}

export interface Score {
  readonly engine: ScoredEngine;
  readonly cases: readonly ScoredCase[];
  /** Names of cases where the engine is known to be at fault, with the reason. */
  readonly known: ReadonlyMap<string, string>;
}

export interface ScoreboardFacts {
  readonly suite: number;
  readonly cases: number;
  readonly date: string;
}

/** The page: a table of all engines, and for each of them what does not pass, by reason. */
export function scoreboard(scores: readonly Score[], { suite, cases, date }: ScoreboardFacts): string {
  const head = ['engine', 'version', 'cases', 'pass', 'refused', 'wrong', 'crash or hang', 'not judged'];
  const ran = scores.filter((score) => score.cases.length);
  const missing = scores.filter((score) => score.cases.length === 0);
  return [
    '# Scoreboard',
    '',
    `Written by \`npm run scoreboard -- REPORTS\` on ${date}. Suite ${suite}, ${cases} cases. Every element of every output has to be within a bound that`,
    'is derived from the computation. `refused` is what an engine says by name that it does not compute, `wrong` a difference or an',
    'error. What ONNX, ONNX Runtime or arithmetic by hand says against the engine stands below, with',
    'the reason; of MNN, ncnn and emx, which have many of a kind, not every case was opened. `not judged` counts the others. Lists that `ghostc conform --expected-failures` takes are in',
    '[test-fixtures/engines/known](../test-fixtures/engines/known).',
    '',
    markdownTable([head, ...ran.map(row)]),
    '',
    ...(missing.length
      ? ['Not run:', '', ...missing.map(({ engine }) => `- ${engine.title}: ${engine.how}`), '']
      : []),
    ...ran.flatMap(section),
  ].join('\n');
}

function row(score: Score): string[] {
  const count = (...wanted: string[]): string =>
    String(score.cases.filter(({ status }) => wanted.includes(status)).length);
  return [
    score.engine.title,
    score.engine.version,
    String(score.cases.length),
    count('pass'),
    count('refused', 'unread'),
    count('fail', 'error', 'flaky'),
    count('crash', 'timeout'),
    String(unjudged(score).length),
  ];
}

/** A refusal needs no judgement. */
const unjudged = ({ cases, known }: Score): ScoredCase[] =>
  cases.filter(({ name, status }) => !['pass', 'refused', 'unread'].includes(status) && !known.has(name));

/** Cases that are named for one reason at most. */
const MOST_NAMED = 12;

function section(score: Score): string[] {
  const reasons = new Map<string, string[]>();
  for (const one of score.cases.filter(({ status }) => status !== 'pass')) {
    const reason = reasonOf(one, score.known);
    reasons.set(reason, [...(reasons.get(reason) ?? []), one.name]);
  }
  if (reasons.size === 0) return [];
  const lines = [...reasons].map(([reason, names]) => {
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
    return `- ${reason}: ${names
      .slice(0, MOST_NAMED)
      .map((name) => `\`${name}\``)
      .join(', ')}${more}`;
  });
  return [`## ${score.engine.title}`, '', `${score.engine.how}`, '', ...lines, ''];
}

function reasonOf({ name, status, message }: ScoredCase, known: ReadonlyMap<string, string>): string {
  if (known.has(name)) return known.get(name) as string;
  return status === 'refused' || status === 'unread'
    ? 'refused'
    : `${status}, not judged: ${firstWords(message)}`;
}

/** What engines print may hold anything. */
const firstWords = (message = ''): string =>
  message
    .replace(/[^\w .,:()-]+/g, ' ')
    .replace(/\d+/g, 'N')
    .trim()
    .slice(0, 60);
