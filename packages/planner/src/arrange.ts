import { itemAt } from '@ghostc/ir';
import { assignOffsets } from './assign-offsets.ts';
import { type Arrangement, type Box, type Piece, roundUp } from './first-fit.ts';
import { type Lifetimes, lifetimesOf } from './lifetimes.ts';
import type { Task } from './list-tasks.ts';
import type { Block, Cell, StorageMap } from './resolve-storage.ts';
import { copyHomes, extentOf, type Homes, shareInPlace } from './share-in-place.ts';

/** Tasks in order, and what their memory has to keep to. */
export interface Schedule {
  readonly map: StorageMap;
  readonly order: readonly Task[];
  readonly kept: ReadonlySet<Cell>;
  /** Alignment of arena buffers in bytes. */
  readonly align: number;
  /** Tasks that leave a chance to work in place: memory may pack better with input and output apart. */
  readonly apart: ReadonlySet<Task>;
  /** `exact`: offsets that first fit leaves above the peak are searched for. */
  readonly effort: 'quick' | 'exact';
}

/** The arena of a schedule. */
export interface ArenaArrangement {
  readonly order: readonly Task[];
  readonly homes: Homes;
  /** Offset of each block in the arena. */
  readonly starts: ReadonlyMap<Block, number>;
  readonly scratch: ReadonlyMap<Task, number>;
  readonly bytes: number;
  /** Live bytes at each step. */
  readonly live: readonly number[];
  /** Tasks that work in place. */
  readonly shared: readonly Task[];
}

/**
 * Lifetimes, in-place sharing and offsets; null as soon as the arena is certain to need at least `below`
 * bytes.
 */
export function arrange(schedule: Schedule, below = Number.POSITIVE_INFINITY): ArenaArrangement | null {
  const { map, order, kept, align, apart, effort } = schedule;
  const homes = copyHomes(blocksOf(map));
  const lifetimes = lifetimesOf(order, homes.keys(), kept);
  const shared = shareInPlace(order, homes, { lifetimes, apart });
  const blocks = [...new Set(homes.values())].filter(({ region }) => region === 'arena');
  const steps = [...order.keys()].filter((step) => (order[step]?.scratchBytes ?? 0) > 0);
  const boxes = [
    ...blocks.map((block) => boxOf(block, lifetimes)),
    ...steps.map((step) => scratchBox(itemAt(order, step), step)),
  ];
  const live = liveBytes(boxes, order.length);
  const peak = live.reduce((most, bytes) => Math.max(most, bytes), 0);
  if (roundUp(peak, align) >= below) return null;
  const { offsets, bytes }: Arrangement = assignOffsets(boxes, { align, lowerBound: peak, effort });
  const starts = new Map(blocks.map((block, i) => [block, (offsets[i] ?? 0) - extentOf(block)[0]]));
  const scratch = new Map(steps.map((step, i) => [itemAt(order, step), offsets[blocks.length + i] ?? 0]));
  return bytes >= below ? null : { order, homes, starts, scratch, bytes, live, shared };
}

function blocksOf({ storage }: StorageMap): Set<Block> {
  return new Set([...storage.values()].map(({ block }) => block));
}

function boxOf(block: Block, lifetimes: Lifetimes): Box {
  const [low] = extentOf(block);
  return [...block.cells].map(([cell, offset]) => {
    const { start, end } = lifetimes.get(cell) ?? { start: 0, end: 0 };
    return { low: offset - low, high: offset - low + cell.bytes, start, end };
  });
}

function scratchBox({ scratchBytes }: Task, step: number): Box {
  return [{ low: 0, high: scratchBytes, start: step, end: step }];
}

/** Bytes in use at each step; in-place pieces of a box cover the same bytes and count once. */
function liveBytes(boxes: readonly Box[], steps: number): number[] {
  const change = new Array<number>(steps + 1).fill(0);
  const shared = new Array<number>(steps).fill(0);
  for (const box of boxes) {
    for (const { low, high, start, end } of box) {
      change[start] = (change[start] ?? 0) + high - low;
      const after = Math.min(steps, end + 1);
      change[after] = (change[after] ?? 0) - high + low;
    }
    if (box.length > 1) addShared(box, shared);
  }
  let live = 0;
  return shared.map((twice, step) => {
    live += change[step] ?? 0;
    return live - twice;
  });
}

/** Adds, for each step, the bytes of a box that one piece takes over from another in that step. */
function addShared(box: Box, shared: number[]): void {
  const ending = new Map<number, Piece[]>();
  for (const piece of box) {
    const list = ending.get(piece.end);
    if (list) list.push(piece);
    else ending.set(piece.end, [piece]);
  }
  for (const heir of box) {
    for (const donor of ending.get(heir.start) ?? []) {
      const both = Math.min(heir.high, donor.high) - Math.max(heir.low, donor.low);
      // Two pieces of one step only are met twice, and cannot take over from one another.
      const takesOver = donor.start < heir.start || heir.end > donor.end;
      if (heir !== donor && takesOver && both > 0) shared[heir.start] = (shared[heir.start] ?? 0) + both;
    }
  }
}
