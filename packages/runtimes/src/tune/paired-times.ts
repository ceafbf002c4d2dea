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
