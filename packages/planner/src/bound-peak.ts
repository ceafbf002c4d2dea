import type { Problem } from './order-problem.ts';
import type { Cell } from './resolve-storage.ts';

/**
 * Bytes that live at the peak of every order. While a task runs, what it or a task before it (through dependencies) has
 * written and it or a task behind it reads is alive in any order; so are the task's own outputs and scratch.
 */
export function boundPeak(problem: Problem): number {
  const { tasks, before, after, costs } = problem;
  const ancestors = closure(before, [...tasks.keys()]);
  const descendants = closure(after, [...tasks.keys()].reverse());
  const cells = cellUses(problem);
  let bound = 0;
  for (const [index, task] of tasks.entries()) {
    const isBefore = (writer: number): boolean => writer < 0 || (ancestors[index]?.has(writer) ?? false);
    const isBehind = (reader: number): boolean => descendants[index]?.has(reader) ?? false;
    const needed = (cell: Cell): boolean => cells.get(cell)?.readers.some(isBehind) || problem.kept.has(cell);
    const total = (list: readonly Cell[]): number => list.reduce((sum, cell) => sum + costs(cell), 0);
    const held = [...cells].filter(
      ([cell, { writer }]) => isBefore(writer) && (needed(cell) || task.reads.includes(cell)),
    );
    const reused = task.inPlace.map((donor) => (donor.cells.some(needed) ? 0 : total(donor.cells)));
    const written = Math.max(0, total(task.writes) - Math.max(0, ...reused));
    bound = Math.max(bound, total(held.map(([cell]) => cell)) + written + task.scratchBytes);
  }
  return bound;
}

/** The tasks that can be reached over `edges`; tasks come after all they lead to in `order`. */
function closure(edges: readonly (readonly number[])[], order: readonly number[]): Set<number>[] {
  const reached: Set<number>[] = edges.map(() => new Set());
  for (const index of order) {
    for (const next of edges[index] ?? []) {
      reached[index]?.add(next);
      for (const far of reached[next] ?? []) reached[index]?.add(far);
    }
  }
  return reached;
}

/** Writer (-1: a graph input) and readers of each cell that costs memory. */
function cellUses({ tasks, readers, costs }: Problem) {
  const writer = new Map(tasks.flatMap((task, i) => task.writes.map((cell) => [cell, i] as const)));
  const cells = new Set([...readers.keys(), ...writer.keys()]);
  return new Map(
    [...cells]
      .filter((cell) => costs(cell) > 0)
      .map((cell) => [cell, { writer: writer.get(cell) ?? -1, readers: readers.get(cell) ?? [] }]),
  );
}
