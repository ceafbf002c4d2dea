import { overlapInTime } from './share-in-place.ts';

/** Bytes [low, high) of a box, in use from step `start` to step `end` (both inclusive). */
export interface Piece {
  readonly low: number;
  readonly high: number;
  readonly start: number;
  readonly end: number;
}

/** Pieces at fixed distances; the first byte of a box is at 0. */
export type Box = readonly Piece[];

export interface Arrangement {
  /** Offset of each box. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** Box j, seen from box i: offsets x of i with at + from < x < at + to are taken when j is at `at`. */
export interface Conflict {
  readonly box: number;
  readonly from: number;
  readonly to: number;
}

/** Boxes to place, and what keeps each of them apart from the others. */
export interface Packing {
  readonly boxes: readonly Box[];
  readonly conflicts: readonly (readonly Conflict[])[];
  /** Alignment of offsets in bytes. */
  readonly align: number;
}

/** More conflicts than this are not listed. */
const MAX_CONFLICTS = 2e6;

/** Null if too many boxes are alive together to compare each with each. */
export function packingOf(boxes: readonly Box[], align: number): Packing | null {
  const together = boxesTogether(boxes);
  const conflicts: Conflict[][] = [];
  let left = MAX_CONFLICTS;
  for (const [i, others] of (together ?? []).entries()) {
    const found: Conflict[] = [];
    for (const j of others.sort((a, b) => a - b)) addConflicts(found, boxes[i] ?? [], [j, boxes[j] ?? []]);
    conflicts.push(found);
    left -= found.length;
    if (left < 0) return null;
  }
  return together && { boxes, conflicts, align };
}

/** For each box those that live at the same time; null if they are too many. */
function boxesTogether(boxes: readonly Box[]): number[][] | null {
  const together = boxes.map((): number[] => []);
  const spans = boxes.map((box) => ({ start: startOf(box), end: endOf(box) }));
  const order = [...boxes.keys()].sort((a, b) => (spans[a]?.start ?? 0) - (spans[b]?.start ?? 0));
  let alive: number[] = [];
  let left = MAX_CONFLICTS;
  for (const i of order) {
    alive = alive.filter((j) => (spans[j]?.end ?? 0) >= (spans[i]?.start ?? 0));
    left -= alive.length;
    if (left < 0) return null;
    for (const j of alive) together[j]?.push(i);
    together[i]?.push(...alive);
    alive.push(i);
  }
  return together;
}

export function roundUp(bytes: number, align: number): number {
  return Math.ceil(bytes / align) * align;
}

/** Adds what keeps `box` apart from the box `index`. */
function addConflicts(conflicts: Conflict[], box: Box, [index, other]: readonly [number, Box]): void {
  for (const piece of box) {
    if (piece.high <= piece.low) continue;
    for (const taken of other)
      if (taken.high > taken.low && overlapInTime(piece, taken))
        conflicts.push({ box: index, from: taken.low - piece.high, to: taken.high - piece.low });
  }
}

/** Places the boxes in the given order, each at the lowest offset that is free. */
export function firstFit(packing: Packing, order: readonly number[]): Arrangement {
  return firstFitWithin(packing, order, {
    known: 0,
    arrangement: { offsets: [], bytes: Number.POSITIVE_INFINITY },
  }) as Arrangement;
}

export interface Earlier {
  /** The limit; and the positions of the first boxes of the order, which are not placed again. */
  readonly arrangement: Arrangement;
  /** How many boxes these are. */
  readonly known: number;
}

/** The same with the first boxes unchanged, null as soon as it takes more bytes than the earlier arrangement. */
export function firstFitWithin(
  packing: Packing,
  order: readonly number[],
  { arrangement, known }: Earlier,
): Arrangement | null {
  const { boxes, align } = packing;
  const offsets = new Array<number>(boxes.length).fill(-1);
  let bytes = 0;
  for (const [n, i] of order.entries()) {
    const offset =
      n < known ? (arrangement.offsets[i] ?? 0) : lowestFree(takenBy(packing, offsets, i), align, 0);
    offsets[i] = offset;
    bytes = Math.max(bytes, offset + heightOf(boxes[i] ?? []));
    if (bytes > arrangement.bytes) return null;
  }
  return { offsets, bytes: roundUp(bytes, align) };
}

/** Offsets that placed boxes keep box i from: open intervals. Boxes that are not placed have a negative offset. */
export function takenBy(
  { conflicts }: Packing,
  offsets: readonly number[],
  i: number,
): { from: number; to: number }[] {
  const taken: { from: number; to: number }[] = [];
  for (const { box, from, to } of conflicts[i] ?? []) {
    const at = offsets[box] ?? -1;
    if (at >= 0 && at + to > 0) taken.push({ from: at + from, to: at + to });
  }
  return taken;
}

/** The lowest aligned offset >= floor (aligned) that is in none of the open intervals. */
export function lowestFree(taken: { from: number; to: number }[], align: number, floor: number): number {
  let offset = floor;
  for (const { from, to } of taken.sort((a, b) => a.from - b.from)) {
    if (from >= offset) {
      if (from > offset) break;
      continue;
    }
    if (to > offset) offset = roundUp(to, align);
  }
  return offset;
}

export const heightOf = (box: Box): number => box.reduce((high, piece) => Math.max(high, piece.high), 0);
export const startOf = (box: Box): number =>
  box.reduce((first, piece) => Math.min(first, piece.start), Number.POSITIVE_INFINITY);
export const endOf = (box: Box): number => box.reduce((last, piece) => Math.max(last, piece.end), 0);
export const areaOf = (box: Box): number =>
  box.reduce((sum, { low, high, start, end }) => sum + (high - low) * (end - start + 1), 0);
