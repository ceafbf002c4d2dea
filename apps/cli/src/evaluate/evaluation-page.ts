import { escapeHtml } from '../escape-html.ts';
import { formatCount, formatSeconds } from '../format.ts';
import type { Confusion, Share } from './accuracy.ts';
import type { Interval } from './binomial-intervals.ts';
import type { CandidateResult, Evaluation } from './evaluate.ts';
import {
  candidateName,
  formatChance,
  pairedHead,
  pairedItems,
  percent,
  percentInterval,
  pointInterval,
  points,
} from './evaluation-text.ts';

/** A matrix of more classes would be a carpet: then the most frequent mistakes. */
const MAX_MATRIX = 40;
const MAX_MISTAKES = 100;

const style = `body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; color: #1b1f24; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; }
th, td { text-align: left; padding: 2px 8px; border-bottom: 1px solid #e3e6ea; } td.n, th.n { text-align: right; }
table.matrix td { border: 1px solid #fff; text-align: right; min-width: 2rem; } table.matrix th { border: 0; font-weight: normal; }
svg { display: block; } .low { color: #57606a; }`;

/** One HTML page without scripts or anything from outside. */
export function evaluationPage(evaluation: Evaluation, data: string): string {
  const title = `Accuracy on ${escapeHtml(data)}`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>
${style}
</style>
<h1>${title}</h1>
<p class="low">${formatCount(evaluation.items)} items, ${formatCount(evaluation.classes.length)} classes. Intervals at 95 %: Wilson's for shares, Newcombe's method 10 for differences on the same items; p is of McNemar's exact test.</p>
${summaryTable(evaluation)}
${pairedTable(evaluation)}
${evaluation.results.map((one) => details(one, evaluation)).join('\n')}
</html>
`;
}

const text = (value: string): string => `<td>${escapeHtml(value)}</td>`;
const figure = (value: string): string => `<td class="n">${escapeHtml(value)}</td>`;
const heads = (names: readonly string[]): string =>
  `<tr>${names.map((name) => `<th>${name}</th>`).join('')}</tr>`;

function summaryTable(evaluation: Evaluation): string {
  const shown = scaleOf(evaluation.results.map(({ top1 }) => top1.interval));
  const rows = evaluation.results.map((one) => {
    const { top1, top5, balanced, seconds } = one;
    const name = text(candidateName(one, evaluation));
    const shares = [
      percent(top1.share),
      percentInterval(top1.interval),
      top5 ? percent(top5.share) : '',
      percent(balanced),
    ];
    return `<tr>${name}${[formatCount(top1.of), ...shares, formatSeconds(seconds)].map(figure).join('')}<td>${bar(top1, shown)}</td></tr>`;
  });
  const names = [
    '',
    'items',
    'top-1',
    '95 % interval',
    'top-5',
    'mean recall',
    'time',
    percentInterval(shown),
  ];
  return `<table>${heads(names)}\n${rows.join('\n')}</table>`;
}

/** From the lowest end to the highest. */
function scaleOf(intervals: readonly Interval[]): Interval {
  return [Math.min(...intervals.map(([low]) => low)), Math.max(...intervals.map(([, high]) => high))];
}

const WIDTH = 240;

/** The interval as a line, the share as a dot. */
function bar({ share, interval: [low, high] }: Share, [from, to]: Interval): string {
  const at = (value: number): string => (6 + ((WIDTH - 12) * (value - from)) / (to - from || 1)).toFixed(1);
  return `<svg width="${WIDTH}" height="14" role="img" aria-label="${percent(share)}"><line x1="${at(low)}" x2="${at(high)}" y1="7" y2="7" stroke="#7ea3e6" stroke-width="3"/><circle cx="${at(share)}" cy="7" r="4" fill="#3b6fd4"/></svg>`;
}

function pairedTable(evaluation: Evaluation): string {
  const [first, ...others] = evaluation.results;
  if (!first || others.length === 0) return '';
  const rows = others.flatMap((one) => {
    const { paired } = one;
    if (!paired) return [];
    const figures = [
      formatCount(pairedItems(paired)),
      points(paired.difference),
      pointInterval(paired.interval),
      ...[paired.onlyFirst, paired.onlySecond].map(formatCount),
      formatChance(paired.p),
      percent(paired.agreement),
    ];
    return `<tr>${text(candidateName(one, evaluation))}${figures.map(figure).join('')}</tr>`;
  });
  return `<h2>Against ${escapeHtml(candidateName(first, evaluation))}</h2>\n<table>${heads(pairedHead)}\n${rows.join('\n')}</table>`;
}

function details(one: CandidateResult, evaluation: Evaluation): string {
  const classes = one.classes.map(({ class: name, recall, precision }) => {
    const figures = [
      `${recall.count} of ${recall.of}`,
      percent(recall.share),
      percentInterval(recall.interval),
    ];
    return `<tr>${text(name)}${[...figures, precision === null ? '' : percent(precision)].map(figure).join('')}</tr>`;
  });
  return `<h2>${escapeHtml(candidateName(one, evaluation))}</h2>
${evaluation.classes.length <= MAX_MATRIX ? matrix(one, evaluation.classes) : mistakes(one)}
<details${evaluation.classes.length <= MAX_MATRIX ? ' open' : ''}><summary>By class</summary>
<table>${heads(['class', 'right', 'recall', '95 % interval', 'precision'])}
${classes.join('\n')}</table></details>`;
}

/** Rows are what items are, columns what they were called. */
function matrix({ confusion }: CandidateResult, classes: readonly string[]): string {
  const counts = new Map(confusion.map((entry) => [`${entry.class}\n${entry.predicted}`, entry.count]));
  const rows = classes.map((name) => {
    const row = classes.map((predicted) => counts.get(`${name}\n${predicted}`) ?? 0);
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, i) =>
      cell(count, count / Math.max(1, total), classes[i] === name ? RIGHT : WRONG),
    );
    return `<tr><th>${escapeHtml(name)}</th>${cells.join('')}</tr>`;
  });
  const head = classes.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  return `<table class="matrix"><caption class="low">rows: the class; columns: what it was called</caption><tr><th></th>${head}</tr>\n${rows.join('\n')}</table>`;
}

/** Red, green, blue. */
const [RIGHT, WRONG] = ['59, 111, 212', '194, 65, 12'] as const;

function cell(count: number, share: number, shade: typeof RIGHT | typeof WRONG): string {
  return `<td style="background: rgba(${shade}, ${(share ** 0.5 * 0.7).toFixed(2)})">${count || ''}</td>`;
}

function mistakes({ confusion }: CandidateResult): string {
  const rows = confusion
    .filter((entry: Confusion) => entry.class !== entry.predicted)
    .slice(0, MAX_MISTAKES)
    .map(
      (entry) => `<tr>${text(entry.class)}${text(entry.predicted)}${figure(formatCount(entry.count))}</tr>`,
    );
  return `<table>${heads(['class', 'called', 'items'])}\n${rows.join('\n')}</table>`;
}
