import type { KernelContext } from '../../kernel.ts';
import { groupSize } from '../../text/module-text.ts';
import { type BlockShape, type Parts, partCounts } from '../../tuning.ts';
import type { ChannelRange } from '../channel-block.ts';

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
  return partCounts.reduce<Parts>((best, parts) => (time(parts) < time(best) ? parts : best), 1);
}

/** A shape that gives the number of parts of each sum. */
export type ShapeOfParts = BlockShape & { readonly parts: Parts };

/** The measured shape of a layer, or `fallback`; its parts, where they were not measured, are those of `fallback`. */
export function shapeOf(context: KernelContext, key: string, fallback: BlockShape): ShapeOfParts {
  const shape = context.shape(key, fallback);
  return { ...shape, parts: shape.parts ?? fallback.parts ?? 1 };
}

/** Items of a workgroup, which has `parts` invocations for each. */
export const itemsOf = (parts: Parts): number => groupSize / parts;

/** Memory of a workgroup for the sums of all its parts: `count` of each. */
export const partialSums = (count: number): string =>
  `var<workgroup> partial: array<vec4f, ${count * groupSize}>;`;

/** Whether a row of this many elements is worth a workgroup. */
export const isLongRow = (elements: number): boolean => elements >= groupSize / 2;

/** Memory of a workgroup for a number of each invocation. */
export const partialNumbers = `var<workgroup> partial: array<f32, ${groupSize}>;`;

/** Folds `value` of all invocations; `partial[0]` has the result, for all of them. */
export const foldedByAll = (
  value: string,
  fold: (a: string, b: string) => string,
): string => `partial[lane] = ${value};
workgroupBarrier();
for (var half = ${groupSize / 2}; half > 0; half /= 2) {
if (lane < half) {
let other = partial[lane + half];
partial[lane] = ${fold('partial[lane]', 'other')};
}
workgroupBarrier();
}`;

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
