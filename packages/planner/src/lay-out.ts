import type { Node } from '@ghostc/ir';
import { assignOffsets } from './assign-offsets.ts';
import { type Box, type Layout, roundUp } from './first-fit.ts';
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
export interface ArenaLayout {
  readonly order: readonly Task[];
  readonly homes: Homes;
  /** Offset of each block in the arena. */
  readonly starts: ReadonlyMap<Block, number>;
  readonly scratch: ReadonlyMap<Node, number>;
  readonly bytes: number;
  /** Live bytes at each step. */
  readonly live: readonly number[];
  /** Tasks that work in place. */
  readonly shared: readonly Task[];
}

/** Lifetimes, in-place sharing and offsets; null as soon as it is clear that the arena has no less than `below` bytes. */
export function layOut(schedule: Schedule, below = Number.POSITIVE_INFINITY): ArenaLayout | null {
  const { map, order, kept, align, apart, effort } = schedule;
  const homes = copyHomes(blocksOf(map));
  const lifetimes = lifetimesOf(order, homes.keys(), kept);
  const shared = shareInPlace(order, homes, { lifetimes, apart });
  const blocks = [...new Set(homes.values())].filter(({ region }) => region === 'arena');
  const scratchTasks = order.filter((task) => task.scratchBytes > 0);
  const boxes = [
    ...blocks.map((block) => boxOf(block, lifetimes)),
    ...scratchTasks.map((task) => scratchBox(task, order.indexOf(task))),
  ];
  const live = liveBytes(boxes, order.length);
  const peak = live.reduce((most, bytes) => Math.max(most, bytes), 0);
  if (roundUp(peak, align) >= below) return null;
  const { offsets, bytes }: Layout = assignOffsets(boxes, { align, lowerBound: peak, effort });
  const starts = new Map(blocks.map((block, i) => [block, (offsets[i] ?? 0) - extentOf(block)[0]]));
  const scratch = new Map(scratchTasks.map(({ node }, i) => [node, offsets[blocks.length + i] ?? 0]));
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
  const live = new Array<number>(steps).fill(0);
  for (const box of boxes) {
    const sorted = [...box].sort((a, b) => a.low - b.low);
    const first = Math.min(...box.map(({ start }) => start));
    const last = Math.min(steps - 1, Math.max(...box.map(({ end }) => end)));
    for (let step = first; step <= last; step++) live[step] = (live[step] ?? 0) + coveredBytes(sorted, step);
  }
  return live;
}

function coveredBytes(sorted: Box, step: number): number {
  let [covered, end] = [0, 0];
  for (const piece of sorted) {
    if (piece.start > step || piece.end < step || piece.high <= end) continue;
    covered += piece.high - Math.max(piece.low, end);
    end = piece.high;
  }
  return covered;
}
