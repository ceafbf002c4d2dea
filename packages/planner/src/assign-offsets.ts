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

export interface Layout {
  /** Offset of each box. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** Box j, seen from box i: offsets x of i with at + from < x < at + to are taken when j is at `at`. */
interface Conflict {
  readonly box: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Offsets for boxes such that no two pieces share a byte at a step: first fit in several orders (by size, by area, by
 * start), the best improved by moving the boxes at the top to the front, until `lowerBound` is met or rounds run out.
 */
export function assignOffsets(boxes: readonly Box[], align: number, lowerBound: number): Layout {
  const conflicts = boxes.map((box, i) =>
    boxes.flatMap((other, j) => (i === j ? [] : conflictsOf(box, other, j))),
  );
  const place = (order: readonly number[]): Layout => firstFit(boxes, { conflicts, align }, order);
  let best: { order: readonly number[]; layout: Layout } | undefined;
  for (const order of startOrders(boxes)) {
    const layout = place(order);
    if (!best || layout.bytes < best.layout.bytes) best = { order, layout };
  }
  if (!best) return { offsets: [], bytes: 0 };
  return improve(best, { boxes, place, goal: roundUp(lowerBound, align) });
}

export function roundUp(bytes: number, align: number): number {
  return Math.ceil(bytes / align) * align;
}

function conflictsOf(box: Box, other: Box, index: number): Conflict[] {
  return box.flatMap((piece) =>
    other
      .filter((taken) => overlapInTime(piece, taken) && piece.high > piece.low && taken.high > taken.low)
      .map((taken) => ({ box: index, from: taken.low - piece.high, to: taken.high - piece.low })),
  );
}

function firstFit(
  boxes: readonly Box[],
  { conflicts, align }: { conflicts: readonly (readonly Conflict[])[]; align: number },
  order: readonly number[],
): Layout {
  const offsets = new Array<number>(boxes.length).fill(-1);
  let bytes = 0;
  for (const i of order) {
    const taken = (conflicts[i] ?? []).flatMap(({ box, from, to }) => {
      const at = offsets[box] ?? -1;
      return at < 0 || at + to <= 0 ? [] : [{ from: at + from, to: at + to }];
    });
    const offset = lowestFree(taken, align);
    offsets[i] = offset;
    bytes = Math.max(bytes, offset + heightOf(boxes[i] ?? []));
  }
  return { offsets, bytes: roundUp(bytes, align) };
}

/** The lowest aligned offset >= 0 that is in none of the open intervals. */
function lowestFree(taken: { from: number; to: number }[], align: number): number {
  let offset = 0;
  for (const { from, to } of taken.sort((a, b) => a.from - b.from)) {
    if (from >= offset) {
      if (from > offset) break;
      continue;
    }
    if (to > offset) offset = roundUp(to, align);
  }
  return offset;
}

const heightOf = (box: Box): number => box.reduce((high, piece) => Math.max(high, piece.high), 0);
const startOf = (box: Box): number =>
  box.reduce((first, piece) => Math.min(first, piece.start), Number.POSITIVE_INFINITY);
const areaOf = (box: Box): number =>
  box.reduce((sum, { low, high, start, end }) => sum + (high - low) * (end - start + 1), 0);

function startOrders(boxes: readonly Box[]): number[][] {
  const by = (key: (box: Box) => number): number[] =>
    [...boxes.keys()].sort((a, b) => key(boxes[a] ?? []) - key(boxes[b] ?? []) || a - b);
  return [by((box) => -heightOf(box)), by((box) => -areaOf(box)), by(startOf), by((box) => -startOf(box))];
}

interface Improvement {
  readonly boxes: readonly Box[];
  readonly place: (order: readonly number[]) => Layout;
  readonly goal: number;
}

/** Repeatedly places one of the boxes that reach the top earlier; keeps what is no worse. Deterministic. */
function improve(
  start: { order: readonly number[]; layout: Layout },
  { boxes, place, goal }: Improvement,
): Layout {
  let { order, layout } = start;
  const rounds = Math.min(400, Math.floor(4e6 / (boxes.length + 1) ** 2));
  for (let round = 0; round < rounds && layout.bytes > goal; round++) {
    const tops = order.filter((i) => (layout.offsets[i] ?? 0) + heightOf(boxes[i] ?? []) > layout.bytes - 1);
    const pick = tops[round % Math.max(tops.length, 1)] ?? order[round % order.length] ?? 0;
    const at = order.indexOf(pick);
    const to = (round * 7919) % Math.max(at, 1);
    const trial = [...order.slice(0, to), pick, ...order.slice(to).filter((i) => i !== pick)];
    const next = place(trial);
    if (next.bytes <= layout.bytes) [order, layout] = [trial, next];
  }
  return layout;
}
