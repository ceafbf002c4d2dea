import {
  type Arrangement,
  areaOf,
  type Box,
  firstFit,
  firstFitWithin,
  heightOf,
  type Packing,
  packingOf,
  roundUp,
  startOf,
} from './first-fit.ts';
import { firstHole } from './first-hole.ts';
import { searchOffsets } from './search-offsets.ts';

/** Placements that the exact search may try; each looks at every pair of boxes. */
const searchBudget = (boxes: number): number => Math.floor(2e6 / (boxes + 1) ** 2);

export interface OffsetOptions {
  readonly align: number;
  /** Bytes alive at the peak. */
  readonly lowerBound: number;
  readonly effort: 'quick' | 'exact';
}

/**
 * Offsets for boxes such that no two pieces share a byte at a step: first fit in several orders (by size, by area, by
 * start), the best improved by moving the boxes at the top to the front, until `lowerBound` is met or rounds run out; then
 * an exact search within a budget. Very many boxes take the first hole, in the order in which they are needed.
 */
export function assignOffsets(
  boxes: readonly Box[],
  { align, lowerBound, effort }: OffsetOptions,
): Arrangement {
  const packing = packingOf(boxes, align);
  if (!packing) return firstHole(boxes, align);
  let best: { order: readonly number[]; arrangement: Arrangement } | undefined;
  for (const order of startOrders(boxes)) {
    const arrangement = firstFit(packing, order);
    if (!best || arrangement.bytes < best.arrangement.bytes) best = { order, arrangement };
  }
  if (!best) return { offsets: [], bytes: 0 };
  const goal = roundUp(lowerBound, align);
  const improved = improve(best, { packing, goal });
  if (improved.bytes <= goal || effort === 'quick') return improved;
  return searchOffsets(packing, improved, { goal, budget: searchBudget(boxes.length) }).arrangement;
}

function startOrders(boxes: readonly Box[]): number[][] {
  const by = (key: (box: Box) => number): number[] =>
    [...boxes.keys()].sort((a, b) => key(boxes[a] ?? []) - key(boxes[b] ?? []) || a - b);
  return [by((box) => -heightOf(box)), by((box) => -areaOf(box)), by(startOf), by((box) => -startOf(box))];
}

interface Improvement {
  readonly packing: Packing;
  readonly goal: number;
}

/** Repeatedly places one of the boxes that reach the top earlier; keeps what is no worse. Deterministic. */
function improve(
  start: { order: readonly number[]; arrangement: Arrangement },
  { packing, goal }: Improvement,
): Arrangement {
  const { boxes } = packing;
  let { order, arrangement } = start;
  const rounds = Math.min(400, Math.floor(4e6 / (boxes.length + 1) ** 2));
  for (let round = 0; round < rounds && arrangement.bytes > goal; round++) {
    const tops = order.filter(
      (i) => (arrangement.offsets[i] ?? 0) + heightOf(boxes[i] ?? []) > arrangement.bytes - 1,
    );
    const pick = tops[round % Math.max(tops.length, 1)] ?? order[round % order.length] ?? 0;
    const at = order.indexOf(pick);
    const to = (round * 7919) % Math.max(at, 1);
    const trial = [...order.slice(0, to), pick, ...order.slice(to).filter((i) => i !== pick)];
    const next = firstFitWithin(packing, trial, { arrangement, known: to });
    if (next) [order, arrangement] = [trial, next];
  }
  return arrangement;
}
