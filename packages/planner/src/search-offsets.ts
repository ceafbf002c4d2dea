import { type Arrangement, heightOf, lowestFree, type Packing, roundUp, takenBy } from './first-fit.ts';

export interface SearchLimits {
  /** Stop at an arrangement of this size. */
  readonly goal: number;
  /** Most placements tried. */
  readonly budget: number;
}

/** `proven`: no arrangement of these boxes is smaller than `arrangement`. */
export interface SearchResult {
  readonly arrangement: Arrangement;
  readonly proven: boolean;
}

/**
 * Branch and bound over arrangements in which no box can be moved down: boxes are placed in the order of their offsets, each at
 * the lowest offset that is free, and a branch ends when a box that is still to come cannot stay below the best arrangement.
 * Some optimal arrangement has that form: moving boxes down, lowest first, never makes an arrangement larger.
 */
export function searchOffsets(packing: Packing, start: Arrangement, limits: SearchLimits): SearchResult {
  const count = packing.boxes.length;
  const offsets = new Array<number>(count).fill(-1);
  let best = start;
  let left = limits.budget;
  const step = (placed: number, floor: number, bytes: number): void => {
    if (best.bytes <= limits.goal || left <= 0) return;
    if (placed === count) {
      if (bytes < best.bytes) best = { offsets: [...offsets], bytes };
      return;
    }
    for (const { box, offset, top } of choices(packing, offsets, { floor, below: best.bytes })) {
      if (top >= best.bytes) return;
      left--;
      offsets[box] = offset;
      step(placed + 1, offset, Math.max(bytes, roundUp(top, packing.align)));
      offsets[box] = -1;
    }
  };
  step(0, 0, 0);
  return { arrangement: best, proven: best.bytes <= limits.goal || left > 0 };
}

interface Choice {
  readonly box: number;
  readonly offset: number;
  /** Offset + height. */
  readonly top: number;
}

/** Where the boxes that are not placed may go; none if one of them has no room left. */
function choices(
  packing: Packing,
  offsets: readonly number[],
  { floor, below }: { floor: number; below: number },
): Choice[] {
  const open = packing.boxes.flatMap((box, i): Choice[] => {
    if ((offsets[i] ?? -1) >= 0) return [];
    const offset = lowestFree(takenBy(packing, offsets, i), packing.align, floor);
    return [{ box: i, offset, top: offset + heightOf(box) }];
  });
  if (open.some(({ top }) => top >= below)) return [];
  // A box that starts above the end of another can wait: placed first, it would leave the other room to move
  // down.
  const end = Math.min(...open.map(({ top }) => top));
  return open
    .filter(({ offset, top }) => offset < end || top === end)
    .sort((a, b) => a.offset - b.offset || b.top - a.top);
}
