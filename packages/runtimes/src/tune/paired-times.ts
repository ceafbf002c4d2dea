/** Times of two contestants that took turns: the base's and the other's of one round belong together. */
export interface Pairs {
  readonly base: readonly number[];
  readonly other: readonly number[];
}

/** Gains below this are not told from noise, however often they are seen. */
const leastGain = 1.03;
/** Part of the rounds in which the faster one has to be faster: in 12 of 15 equals are by chance once in sixty times. */
const winningPart = 0.75;

/** How many times as fast the other is: the median over rounds, in which what both suffer from cancels. */
export function pairedRatio({ base, other }: Pairs): number {
  return median(ratiosOf({ base, other }));
}

/** Is the other faster by more than the noise: in most rounds, and by a few percent in the median? */
export function isFaster(pairs: Pairs): boolean {
  const ratios = ratiosOf(pairs);
  const won = ratios.filter((ratio) => ratio > 1).length;
  return won >= winningPart * ratios.length && median(ratios) >= leastGain;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function ratiosOf({ base, other }: Pairs): number[] {
  return base.map((time, round) => time / (other[round] ?? Number.NaN));
}

/** How many times as fast the other is, how far equals may be from 1 over as many rounds as noisy, and which it is. */
export interface PairedVerdict {
  readonly speed: number;
  readonly noise: number;
  readonly verdict: 'faster' | 'slower' | 'equal';
}

/**
 * Faster or slower: in most rounds, in the median of each half, and by more than three standard errors of the
 * median, estimated from the spread of the rounds.
 */
export function pairedVerdict({ base, other }: Pairs): PairedVerdict {
  const speed = pairedRatio({ base, other });
  const logs = ratiosOf({ base, other }).map((ratio) => Math.log(ratio / speed));
  // 1.4826: from the median of deviations to the standard deviation; 1.2533: from the error of a mean to that of a median.
  const deviation = 1.4826 * median(logs.map(Math.abs));
  const noise = Math.exp((3 * 1.2533 * deviation) / Math.sqrt(logs.length));
  if (speed > noise && isFasterTwice({ base, other })) return { speed, noise, verdict: 'faster' };
  if (1 / speed > noise && isFasterTwice({ base: other, other: base }))
    return { speed, noise, verdict: 'slower' };
  return { speed, noise, verdict: 'equal' };
}

function isFasterTwice(pairs: Pairs): boolean {
  const ratios = ratiosOf(pairs);
  const middle = ratios.length >> 1;
  const halves = [ratios.slice(0, middle), ratios.slice(middle)];
  return isFaster(pairs) && halves.every((half) => median(half) >= leastGain);
}
