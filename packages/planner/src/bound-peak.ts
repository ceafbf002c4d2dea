import { itemAt } from '@ghostc/ir';
import type { Problem } from './order-problem.ts';

/** Of larger graphs only what a task itself touches is counted. */
const MAX_TASKS = 4000;

/**
 * Bytes that live at the peak of every order. While a task runs, what it or a task before it (through dependencies) has
 * written and it or a task after it reads is alive in any order; so are the task's own outputs and scratch.
 */
export function boundPeak(problem: Problem): number {
  const { tasks, reads, writes, donors, sizes, kept, scratch } = problem;
  const total = (cells: readonly number[]): number =>
    cells.reduce((sum, cell) => sum + (sizes[cell] ?? 0), 0);
  const heldBy = tasks.length > MAX_TASKS ? ownCells(problem) : allHeld(problem);
  let bound = 0;
  for (const index of tasks.keys()) {
    const { held, needed } = heldBy(index);
    const reused = (donors[index] ?? []).reduce(
      (most, cells) => Math.max(most, cells.some((cell) => needed(cell) || kept[cell]) ? 0 : total(cells)),
      0,
    );
    const written = Math.max(0, total(writes[index] ?? []) - reused);
    bound = Math.max(bound, held(reads[index] ?? []) + written + (scratch[index] ?? 0));
  }
  return bound;
}

/** What is known to be alive while a task runs. */
interface Held {
  /** Bytes, with those of the cells that the task reads. */
  readonly held: (reads: readonly number[]) => number;
  /** Whether a task after this one reads the cell. */
  readonly needed: (cell: number) => boolean;
}

function ownCells({ sizes }: Problem): (task: number) => Held {
  const needed = (): boolean => false;
  const held = (cells: readonly number[]): number => cells.reduce((sum, cell) => sum + (sizes[cell] ?? 0), 0);
  return () => ({ held, needed });
}

function allHeld(problem: Problem): (task: number) => Held {
  const { tasks, before, after, readers, writers, sizes, kept } = problem;
  const ancestors = closure(before, [...tasks.keys()]);
  const descendants = closure(after, [...tasks.keys()].reverse());
  const costly = [...sizes.keys()].filter((cell) => (sizes[cell] ?? 0) > 0);
  return (index) => {
    const isBefore = (writer: number): boolean => writer < 0 || hasBit(ancestors[index], writer);
    const needed = (cell: number): boolean =>
      readers[cell]?.some((reader) => hasBit(descendants[index], reader)) ?? false;
    const held = (reads: readonly number[]): number => {
      const own = new Set(reads);
      return costly.reduce((sum, cell) => {
        const alive = isBefore(writers[cell] ?? -1) && (own.has(cell) || kept[cell] || needed(cell));
        return alive ? sum + (sizes[cell] ?? 0) : sum;
      }, 0);
    };
    return { held, needed };
  };
}

function hasBit(bits: Uint32Array | undefined, at: number): boolean {
  return (((bits?.[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1;
}

/** The tasks that can be reached over `edges`, as bits; tasks come after all they lead to in `order`. */
function closure(edges: readonly (readonly number[])[], order: readonly number[]): Uint32Array[] {
  const reached = edges.map(() => new Uint32Array((edges.length + 31) >>> 5));
  for (const index of order) {
    const bits = itemAt(reached, index);
    for (const next of edges[index] ?? []) {
      bits[next >>> 5] = (bits[next >>> 5] ?? 0) | (1 << (next & 31));
      reached[next]?.forEach((word, i) => {
        bits[i] = (bits[i] ?? 0) | word;
      });
    }
  }
  return reached;
}
