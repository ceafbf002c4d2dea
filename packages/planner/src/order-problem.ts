import type { Task } from './list-tasks.ts';
import type { Cell } from './resolve-storage.ts';

/** What the search knows. Tasks and cells are numbers. */
export interface Problem {
  readonly tasks: readonly Task[];
  /** Tasks that write what a task reads, and those that read what it writes. */
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  readonly reads: readonly (readonly number[])[];
  readonly writes: readonly (readonly number[])[];
  /** Memory that the output of a task may take: cells of each choice. */
  readonly donors: readonly (readonly (readonly number[])[])[];
  readonly scratch: readonly number[];
  /** Bytes of each cell, 0 if it needs no memory. */
  readonly sizes: readonly number[];
  /** The task that writes a cell; -1: a graph input. */
  readonly writers: readonly number[];
  /** The tasks that read a cell. */
  readonly readers: readonly (readonly number[])[];
  /** How many these are. */
  readonly pending: readonly number[];
  /** Two numbers for each task: their `xor` identifies a set of tasks. */
  readonly keys: Int32Array;
  /** Cells that outlive the run. */
  readonly kept: readonly boolean[];
}

export interface CellCosts {
  readonly costs: (cell: Cell) => number;
  readonly kept: ReadonlySet<Cell>;
}

export function makeProblem(tasks: readonly Task[], { costs, kept }: CellCosts): Problem {
  const ids = new Map<Cell, number>();
  const idOf = (cell: Cell): number => {
    const id = ids.get(cell) ?? ids.size;
    ids.set(cell, id);
    return id;
  };
  const reads = tasks.map((task) => task.reads.map(idOf));
  const writes = tasks.map((task) => task.writes.map(idOf));
  const donors = tasks.map(({ inPlace }) => inPlace.map(({ cells }) => cells.map(idOf)));
  const cells = [...ids.keys()];
  const writers = cells.map(() => -1);
  writes.forEach((list, task) => {
    for (const cell of list) writers[cell] = task;
  });
  const readers = cells.map((): number[] => []);
  reads.forEach((list, task) => {
    for (const cell of list) readers[cell]?.push(task);
  });
  const edges = dependencies(reads, writers);
  return {
    tasks,
    ...edges,
    reads,
    writes,
    donors,
    scratch: tasks.map(({ scratchBytes }) => scratchBytes),
    sizes: cells.map(costs),
    writers,
    readers,
    pending: readers.map((list) => list.length),
    keys: Int32Array.from({ length: 2 * tasks.length }, (_, i) => keyOf(i)),
    kept: cells.map((cell) => kept.has(cell)),
  };
}

function dependencies(
  reads: readonly (readonly number[])[],
  writers: readonly number[],
): Pick<Problem, 'before' | 'after'> {
  const before = reads.map((list) => [
    ...new Set(list.map((cell) => writers[cell] ?? -1).filter((task) => task >= 0)),
  ]);
  const after = before.map((): number[] => []);
  before.forEach((sources, i) => {
    for (const source of sources) after[source]?.push(i);
  });
  return { before, after };
}

/** A number of 32 bits that looks random. */
function keyOf(index: number): number {
  let x = Math.imul(index + 1, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 15), 0x85ebca77);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae3d);
  return x ^ (x >>> 16);
}
