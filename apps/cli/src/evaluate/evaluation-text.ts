import { basename } from 'node:path';
import { formatCount, formatSeconds, formatTable } from '../format.ts';
import type { PairedDifference, Share } from './accuracy.ts';
import type { Interval } from './binomial-intervals.ts';
import type { CandidateResult, Evaluation } from './evaluate.ts';

/** More classes than this are in JSON and HTML only. */
const MAX_CLASSES = 20;
const MAX_CONFUSIONS = 10;

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
export const points = (share: number): string => (share > 0 ? '+' : '') + (100 * share).toFixed(2);
export const percentInterval = ([low, high]: Interval): string =>
  `${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)} %`;
export const pointInterval = ([low, high]: Interval): string => `${points(low)} to ${points(high)}`;

/** Whether models, targets or both distinguish the candidates. */
export function candidateName({ model, target }: CandidateResult, { results }: Evaluation): string {
  const models = new Set(results.map((one) => one.model));
  if (models.size === 1) return target;
  const names = new Set([...models].map((path) => basename(path)));
  return `${names.size === models.size ? basename(model) : model}, ${target}`;
}

/** What `ghostc evaluate` prints. */
export function evaluationText(evaluation: Evaluation): string {
  const [first] = evaluation.results as [CandidateResult];
  return [
    formatTable(
      ['', 'items', 'top-1', '95 % interval', 'top-5', 'time'],
      evaluation.results.map((one) => row(one, evaluation)),
    ),
    ...pairedText(evaluation),
    ...(evaluation.classes.length <= MAX_CLASSES ? [classTable(first)] : []),
    ...confusionText(first, evaluation),
    ...warnings(evaluation),
  ].join('\n');
}

function row(one: CandidateResult, evaluation: Evaluation): string[] {
  const { top1, top5, seconds } = one;
  return [
    candidateName(one, evaluation),
    formatCount(top1.of),
    percent(top1.share),
    percentInterval(top1.interval),
    top5 ? percent(top5.share) : '',
    formatSeconds(seconds),
  ];
}

/** Columns of the comparison with the first. */
export const pairedHead = [
  '',
  'items',
  'points',
  '95 % interval',
  'only first right',
  'only this right',
  'p',
  'same answer',
];

function pairedText(evaluation: Evaluation): string[] {
  const [first, ...others] = evaluation.results;
  if (!first || others.length === 0) return [];
  const rows = others.flatMap((one) =>
    one.paired ? [pairedRow(candidateName(one, evaluation), one.paired)] : [],
  );
  return [
    `against ${candidateName(first, evaluation)}, on the items that both saw:`,
    formatTable(pairedHead, rows),
  ];
}

export const pairedItems = ({ both, onlyFirst, onlySecond, neither }: PairedDifference): number =>
  both + onlyFirst + onlySecond + neither;

function pairedRow(name: string, paired: PairedDifference): string[] {
  return [
    name,
    formatCount(pairedItems(paired)),
    points(paired.difference),
    pointInterval(paired.interval),
    formatCount(paired.onlyFirst),
    formatCount(paired.onlySecond),
    formatChance(paired.p),
    percent(paired.agreement),
  ];
}

export const formatChance = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

function classTable({ classes }: CandidateResult): string {
  const cells = ({ count, of, share, interval }: Share): string[] =>
    of ? [`${count} of ${of}`, percent(share), percentInterval(interval)] : ['none', '', ''];
  const rows = classes.map(({ class: name, recall, precision }) => [
    name,
    ...cells(recall),
    precision === null ? '' : percent(precision),
  ]);
  return formatTable(['class', 'right', 'recall', '95 % interval', 'precision'], rows);
}

/** The mistakes that are made most often. */
function confusionText(one: CandidateResult, evaluation: Evaluation): string[] {
  const mistakes = one.confusion.filter((entry) => entry.class !== entry.predicted).slice(0, MAX_CONFUSIONS);
  if (mistakes.length === 0) return [];
  return [
    `most frequent mistakes of ${candidateName(one, evaluation)}:`,
    ...mistakes.map(
      (entry) => `${formatCount(entry.count).padStart(8)}  ${entry.class} called ${entry.predicted}`,
    ),
  ];
}

function warnings(evaluation: Evaluation): string[] {
  return evaluation.results.flatMap((one) =>
    one.notNumbers
      ? [
          `${candidateName(one, evaluation)}: outputs of ${one.notNumbers} items are not numbers, and count as wrong`,
        ]
      : [],
  );
}
