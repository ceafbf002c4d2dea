import type { Task } from './list-tasks.ts';
import type { Cell } from './resolve-storage.ts';

/** First and last step at which a cell is alive, both inclusive. */
export interface Lifetime {
  readonly start: number;
  readonly end: number;
}

export type Lifetimes = ReadonlyMap<Cell, Lifetime>;

/** Lifetimes of all cells under an order. Graph inputs live from step 0, kept cells beyond the last step. */
export function lifetimesOf(
  order: readonly Task[],
  cells: Iterable<Cell>,
  kept: ReadonlySet<Cell>,
): Lifetimes {
  const starts = new Map<Cell, number>();
  const ends = new Map<Cell, number>();
  order.forEach((task, step) => {
    for (const cell of task.writes) starts.set(cell, step);
    for (const cell of task.reads) ends.set(cell, step);
  });
  const life = (cell: Cell): Lifetime => {
    const start = starts.get(cell) ?? 0;
    return { start, end: kept.has(cell) ? order.length : Math.max(ends.get(cell) ?? 0, start) };
  };
  return new Map([...cells].map((cell) => [cell, life(cell)]));
}
