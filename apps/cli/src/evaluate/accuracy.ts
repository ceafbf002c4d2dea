import { itemAt } from '@ghostc/ir';
import { type Interval, mcnemar, newcombe, type PairedCounts, wilson } from './binomial-intervals.ts';
import type { ItemOutcome } from './item-outcome.ts';

/** A share of items, with its interval at 95 %. */
export interface Share {
  readonly count: number;
  readonly of: number;
  readonly share: number;
  readonly interval: Interval;
}

export interface ClassAccuracy {
  readonly class: string;
  /** Of the items of the class, those that were called so. */
  readonly recall: Share;
  /** Of the items that were called so, those of the class; null where none was. */
  readonly precision: number | null;
}

/** How often items of a class were called by another, or by their own. */
export interface Confusion {
  readonly class: string;
  readonly predicted: string;
  readonly count: number;
}

export interface Accuracy {
  readonly top1: Share;
  /** null where there are five classes or fewer. */
  readonly top5: Share | null;
  /** Mean recall of the classes that have items. */
  readonly balanced: number;
  /** Items with an output that is not a number: counted as wrong. */
  readonly notNumbers: number;
  readonly classes: readonly ClassAccuracy[];
  /** The most frequent first, right answers among them. */
  readonly confusion: readonly Confusion[];
}

/** What a classifier said of some of the items, by their numbers. */
export type Outcomes = ReadonlyMap<number, ItemOutcome>;

export interface Truth {
  readonly labels: readonly number[];
  readonly classes: readonly string[];
}

/** A classifier compared with the labels. `top5` tells whether it ranks more than five classes. */
export function accuracyOf(outcomes: Outcomes, truth: Truth, { top5 }: { readonly top5: boolean }): Accuracy {
  const all = [...outcomes];
  const right = all.filter(([, { rank }]) => rank === 0).length;
  const classes = classAccuracies(all, truth);
  const withItems = classes.filter(({ recall }) => recall.of > 0);
  return {
    top1: shareOf(right, all.length),
    top5: top5 ? shareOf(all.filter(([, { rank }]) => rank < 5).length, all.length) : null,
    balanced: withItems.reduce((sum, { recall }) => sum + recall.share, 0) / Math.max(1, withItems.length),
    notNumbers: all.filter(([, { predicted }]) => predicted < 0).length,
    classes,
    confusion: confusionOf(all, truth),
  };
}

function shareOf(count: number, of: number): Share {
  return { count, of, share: of ? count / of : 0, interval: wilson(count, of) };
}

type Entry = readonly [item: number, outcome: ItemOutcome];

function classAccuracies(all: readonly Entry[], { labels, classes }: Truth): ClassAccuracy[] {
  const [items, right, called] = [0, 0, 0].map((zero) => new Array<number>(classes.length).fill(zero)) as [
    number[],
    number[],
    number[],
  ];
  for (const [item, { predicted, rank }] of all) {
    const label = labels[item] ?? 0;
    add(items, label);
    if (rank === 0) add(right, label);
    if (predicted >= 0) add(called, predicted);
  }
  return classes.map((name, i) => ({
    class: name,
    recall: shareOf(right[i] ?? 0, items[i] ?? 0),
    precision: called[i] ? (right[i] ?? 0) / called[i] : null,
  }));
}

function add(counts: number[], at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

function confusionOf(all: readonly Entry[], { labels, classes }: Truth): Confusion[] {
  const counts = new Map<number, number>();
  for (const [item, { predicted }] of all) {
    const key = (labels[item] ?? 0) * classes.length + predicted;
    if (predicted >= 0) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || a - b)
    .map(([key, count]) => ({
      class: itemAt(classes, Math.floor(key / classes.length)),
      predicted: itemAt(classes, key % classes.length),
      count,
    }));
}

/** A classifier against another, on the items that both saw. */
export interface PairedDifference extends PairedCounts {
  /** Share that is right, less that of the other. */
  readonly difference: number;
  /** At 95 %. */
  readonly interval: Interval;
  /** Chance of such a difference, or a larger one, between equals. */
  readonly p: number;
  /** Share of items on which both agree. */
  readonly agreement: number;
}

function whoIsRight(first: ItemOutcome, second: ItemOutcome): keyof PairedCounts {
  if (first.rank === 0) return second.rank === 0 ? 'both' : 'onlyFirst';
  return second.rank === 0 ? 'onlySecond' : 'neither';
}

export function pairedDifference(first: Outcomes, second: Outcomes): PairedDifference {
  const pairs = [...second].flatMap(([item, theirs]) => {
    const ours = first.get(item);
    return ours ? [[ours, theirs] as const] : [];
  });
  const counts = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  for (const [ours, theirs] of pairs) counts[whoIsRight(ours, theirs)]++;
  const n = Math.max(1, pairs.length);
  const same = pairs.filter(([ours, theirs]) => ours.predicted === theirs.predicted).length;
  return {
    ...counts,
    difference: (counts.onlySecond - counts.onlyFirst) / n,
    interval: newcombe(counts),
    p: mcnemar(counts),
    agreement: same / n,
  };
}
