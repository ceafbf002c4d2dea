import { findOrder } from './find-order.ts';
import { roundUp } from './first-fit.ts';
import type { Task } from './list-tasks.ts';
import type { Block, Cell, StorageMap } from './resolve-storage.ts';

export interface GranuleOptions {
  readonly map: StorageMap;
  /** Cells that are in the arena whatever the order. */
  readonly held: ReadonlySet<Cell>;
  readonly kept: ReadonlySet<Cell>;
  /** Bytes of a granule: blocks and scratch start at multiples of it. */
  readonly align: number;
  readonly given?: readonly Task[];
}

/** Bytes of the granules that are in use at the peak of every order: no arrangement takes less. */
export function granuleBound(tasks: readonly Task[], options: GranuleOptions): number {
  const { map, held, kept, align, given } = options;
  const whole = (task: Task): Task => ({ ...task, scratchBytes: roundUp(task.scratchBytes, align) });
  const granules = granuleCosts(tasks, map, align);
  const costs = (cell: Cell): number => (held.has(cell) ? granules(cell) : 0);
  return findOrder(tasks.map(whole), { costs, kept, ...(given && { given: given.map(whole) }) }).bound;
}

/**
 * Bytes that a cell keeps from all others. A cell that starts at a multiple of `align` owns the granules that it touches:
 * 24 bytes own 32 at an alignment of 16. One that may start anywhere, as a part of a concat may, owns only those that it
 * covers whole wherever it starts.
 */
function granuleCosts(
  tasks: readonly Task[],
  { storage }: StorageMap,
  align: number,
): (cell: Cell) => number {
  const uneven = unevenBlocks(tasks, new Set([...storage.values()].map(({ block }) => block)), align);
  const loose = new Set([...uneven].flatMap(({ cells }) => [...cells.keys()]));
  const covered = (bytes: number): number => Math.max(0, Math.floor((bytes - align + 1) / align)) * align;
  return (cell) => (loose.has(cell) ? covered(cell.bytes) : roundUp(cell.bytes, align));
}

/** Blocks with a cell off the granules, and all that tasks that work in place may set against such a block. */
function unevenBlocks(tasks: readonly Task[], blocks: ReadonlySet<Block>, align: number): Set<Block> {
  const neighbours = inPlaceNeighbours(tasks, blocks);
  const uneven = new Set<Block>();
  for (const block of blocks)
    if ([...block.cells.values()].some((offset) => offset % align)) uneven.add(block);
  // A set grows while it is walked: what is added is visited too.
  for (const block of uneven) for (const next of neighbours.get(block) ?? []) uneven.add(next);
  return uneven;
}

function inPlaceNeighbours(tasks: readonly Task[], blocks: Iterable<Block>): Map<Block, Set<Block>> {
  const neighbours = new Map([...blocks].map((block) => [block, new Set<Block>()]));
  const homes = new Map(
    [...neighbours.keys()].flatMap((block) => [...block.cells.keys()].map((cell) => [cell, block])),
  );
  for (const { writes, inPlace } of tasks) {
    const [cell] = writes;
    const written = cell && homes.get(cell);
    if (!written) continue;
    for (const { block } of inPlace) {
      neighbours.get(block)?.add(written);
      neighbours.get(written)?.add(block);
    }
  }
  return neighbours;
}
