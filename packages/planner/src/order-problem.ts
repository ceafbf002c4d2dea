import type { Task } from './list-tasks.ts';
import type { Cell } from './resolve-storage.ts';

/** What the search knows: sizes of the cells that cost memory, who reads them, which outlive the run. */
export interface Problem {
  readonly tasks: readonly Task[];
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  readonly readers: ReadonlyMap<Cell, readonly number[]>;
  readonly costs: (cell: Cell) => number;
  readonly kept: ReadonlySet<Cell>;
}
