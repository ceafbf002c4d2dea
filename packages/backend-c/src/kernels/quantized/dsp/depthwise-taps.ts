import { range } from '../../../text/range.ts';

/**
 * How a row of a depthwise window is multiplied, two taps an instruction, on a line of int16 whose element 0 is in the low
 * half of word 0. Windows start at even and at odd elements; `words` are the weight words that both need: the taps in
 * the low and the high half, -1 for none.
 */
export interface TapPlan {
  readonly words: readonly (readonly [number, number])[];
  /** Multiply-accumulates of the window that starts at element `start`. */
  taps(start: number): Tap[];
}

/** One instruction: weight word times word of the line, `smlad` for both halves, `smla..` for one of each. */
export interface Tap {
  readonly instruction: '__smlad' | '__smlabb' | '__smlabt' | '__smlatb';
  readonly weight: number;
  readonly word: number;
}

/** Plan for windows of `width` taps that start at the elements `starts`. */
export function tapPlan(width: number, starts: readonly number[]): TapPlan {
  const parities = new Set(starts.map((start) => start % 2));
  const words: (readonly [number, number])[] = [...parities]
    .sort()
    .flatMap((parity) =>
      range(Math.floor((width - parity) / 2)).map((i) => [2 * i + parity, 2 * i + parity + 1] as const),
    );
  for (const parity of parities)
    for (const tap of singles(width, parity))
      if (!words.some((word) => word.includes(tap))) words.push([tap, -1]);
  return { words, taps: (start) => tapsAt(width, start, words) };
}

/** Taps without a partner in their word: the first of an odd start, the last if it is left over. */
function singles(width: number, parity: number): number[] {
  return [...(parity ? [0] : []), ...((width - parity) % 2 ? [width - 1] : [])].filter(
    (tap, i, all) => all.indexOf(tap) === i,
  );
}

function tapsAt(width: number, start: number, words: readonly (readonly [number, number])[]): Tap[] {
  const parity = start % 2;
  const pairs = range(Math.floor((width - parity) / 2)).map((i): Tap => {
    const first = 2 * i + parity;
    const weight = words.findIndex(([low, high]) => low === first && high === first + 1);
    return { instruction: '__smlad', weight, word: (start + first) / 2 };
  });
  const single = singles(width, parity).map((tap): Tap => {
    const weight = words.findIndex((word) => word.includes(tap));
    const highWeight = words[weight]?.[1] === tap;
    const highLine = (start + tap) % 2 === 1;
    const instruction = highWeight ? '__smlatb' : highLine ? '__smlabt' : '__smlabb';
    return { instruction, weight, word: Math.floor((start + tap) / 2) };
  });
  return [...single, ...pairs];
}
