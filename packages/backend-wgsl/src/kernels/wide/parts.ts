import { groupSize } from '../../text/module-text.ts';
import type { ChannelRange } from '../channel-block.ts';

/** Into how many parts a sum may be cut. A workgroup has 64 / parts items, and for each of them `parts` invocations. */
export type Parts = 1 | 2 | 4 | 8 | 16;

const choices = [1, 2, 4, 8, 16] as const;

/** Invocations that a GPU is taken to run at once. */
const lanes = 16384;
/** What waiting for the workgroup and summing up a part cost, in loads of a sum. */
const [barrier, join] = [8, 2];

/** Sums of one layer: how many, and how many loads each takes one after another. */
export interface Sums {
  readonly count: number;
  readonly loads: number;
}

/** The parts that take the least time: rounds of invocations, times the longest chain of loads of one. */
export function partsFor({ count, loads }: Sums): Parts {
  const time = (parts: number): number =>
    Math.ceil((count * parts) / lanes) *
    (Math.ceil(loads / parts) + (parts > 1 ? barrier + join * parts : 0));
  return choices.reduce((best, parts) => (time(parts) < time(best) ? parts : best));
}

/** Items of a workgroup: with `PARTS` parts of each. */
export const itemsOf = (parts: Parts): number => groupSize / parts;

/** Memory of a workgroup for the sums of all its parts: `count` of each. */
export const partialSums = (count: number): string =>
  `var<workgroup> partial: array<vec4f, ${count * groupSize}>;`;

/** Declares `part` and `one`, the invocation's item, and `begin` and `end` of its fours: SIZE, a parameter, in each part. */
export function partText(parts: Parts, fours: string): string {
  return `let part = lane / ${itemsOf(parts)};
let one = lane % ${itemsOf(parts)};
let begin = min(part * SIZE, ${fours});
let end = min(begin + SIZE, ${fours});`;
}

export function rangeOf(parts: Parts): ChannelRange {
  return { from: 'begin', to: 'end', first: 'part == 0', last: `part == ${parts - 1}` };
}

/** Declares `sum`, a vec4f: all parts of item `one` of the sums at `first`. */
export function joinedParts(parts: Parts, first: string): string {
  return `var sum = partial[${first} + one];
for (var k = 1; k < ${parts}; k++) {
sum += partial[${first} + k * ${itemsOf(parts)} + one];
}`;
}
