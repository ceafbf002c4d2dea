import type { Task } from './list-tasks.ts';
import type { Cell } from './resolve-storage.ts';

/** Tasks in groups that share nothing but constants and buffers of the caller, each group in the order given. */
export function connectedTasks(tasks: readonly Task[], costs: (cell: Cell) => number): Task[][] {
  const written = new Set(tasks.flatMap((task) => task.writes));
  const groupOf = new Map<Cell, Set<Task>>();
  const groups = new Set<Set<Task>>();
  for (const task of tasks) {
    const cells = [...task.reads, ...task.writes].filter((cell) => costs(cell) > 0 || written.has(cell));
    const touched = new Set(cells.flatMap((cell) => groupOf.get(cell) ?? []));
    const [largest = new Set<Task>()] = [...touched].sort((a, b) => b.size - a.size);
    for (const group of touched) if (group !== largest) absorb(largest, group, groupOf, groups);
    largest.add(task);
    groups.add(largest);
    for (const cell of cells) groupOf.set(cell, largest);
  }
  const position = new Map(tasks.map((task, i) => [task, i]));
  return [...groups].map((group) =>
    [...group].sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0)),
  );
}

function absorb(
  into: Set<Task>,
  from: Set<Task>,
  groupOf: Map<Cell, Set<Task>>,
  groups: Set<Set<Task>>,
): void {
  groups.delete(from);
  for (const task of from) {
    into.add(task);
    for (const cell of [...task.reads, ...task.writes]) groupOf.set(cell, into);
  }
}
