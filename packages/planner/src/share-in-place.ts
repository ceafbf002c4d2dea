import { itemAt } from '@ghostc/ir';
import type { Lifetime, Lifetimes } from './lifetimes.ts';
import type { Task } from './list-tasks.ts';
import type { Block, Cell, Storage } from './resolve-storage.ts';

/** The block of each cell; a block knows the offsets. */
export type Homes = Map<Cell, Block>;

/**
 * Which cell reuses whose memory: the cell on the left starts where the cells on the right died in the same
 * step.
 */
type Heirs = Map<Cell, ReadonlySet<Cell>>;

/** The blocks of a graph, copied, so that in-place merging of one order does not disturb another. */
export function copyHomes(blocks: Iterable<Block>): Homes {
  const homes: Homes = new Map();
  for (const block of blocks) {
    const copy = { ...block, cells: new Map(block.cells) };
    for (const cell of copy.cells.keys()) homes.set(cell, copy);
  }
  return homes;
}

/**
 * Lets the output of an in-place task take the memory of an input that dies in it: their blocks become one. Refused when
 * two live cells would overlap, or when a caller's buffer would be needed beyond its size. Gives the tasks that share.
 */
export function shareInPlace(
  order: readonly Task[],
  homes: Homes,
  { lifetimes, apart }: { readonly lifetimes: Lifetimes; readonly apart: ReadonlySet<Task> },
): Task[] {
  const heirs: Heirs = new Map();
  const context = { homes, lifetimes, heirs, ends: new Map<Block, Cell[]>(), effort: { left: MAX_EFFORT } };
  return order.filter((task, step) => {
    const [written] = task.writes;
    if (!written || task.writes.length !== 1 || apart.has(task)) return false;
    const dies = ({ cells }: Storage): boolean => cells.every((cell) => lifetimes.get(cell)?.end === step);
    return task.inPlace.filter(dies).some(({ cells }) => {
      heirs.set(written, new Set(cells));
      const shared = mergeBlocks(written, cells[0], context);
      if (!shared) heirs.delete(written);
      return shared;
    });
  });
}

/** Cells compared or moved before the remaining tasks leave their chance: only graphs of many thousand nodes get there. */
const MAX_EFFORT = 3e7;

interface Context {
  readonly homes: Homes;
  readonly lifetimes: Lifetimes;
  readonly heirs: Heirs;
  /** Cells of a block by the end of their lives, of blocks that something was merged into. */
  readonly ends: Map<Block, Cell[]>;
  readonly effort: { left: number };
}

/** Moves the block of `heir` into the block of `donor`, so that both cells start at the same byte. */
function mergeBlocks(heir: Cell, donor: Cell | undefined, context: Context): boolean {
  const into = donor && context.homes.get(donor);
  const from = context.homes.get(heir);
  if (!donor || !into || !from || into === from || context.effort.left < 0) return false;
  const shift = (into.cells.get(donor) ?? 0) - (from.cells.get(heir) ?? 0);
  if (into.region === 'output') context.effort.left -= into.cells.size;
  if (!fitsCaller(from, into, shift) || collides(from, into, { shift, ...context })) return false;
  const ends = endsOf(into, context);
  for (const [cell, offset] of from.cells) {
    into.cells.set(cell, offset + shift);
    context.homes.set(cell, into);
    ends.splice(firstAlive(ends, endOf(cell, context) + 1, context), 0, cell);
  }
  context.effort.left -= from.cells.size;
  if (from.region === 'output')
    Object.assign(into, rebased(into, shift), { region: 'output', index: from.index });
  return true;
}

const endOf = (cell: Cell, { lifetimes }: Pick<Context, 'lifetimes'>): number =>
  lifetimes.get(cell)?.end ?? 0;

function endsOf(block: Block, context: Context): Cell[] {
  const known = context.ends.get(block);
  if (known) return known;
  const ends = [...block.cells.keys()].sort((a, b) => endOf(a, context) - endOf(b, context));
  context.ends.set(block, ends);
  return ends;
}

/** The first of the cells that lives at `step` or ends later. */
function firstAlive(ends: readonly Cell[], step: number, context: Pick<Context, 'lifetimes'>): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (endOf(itemAt(ends, middle), context) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A block that is a caller's buffer starts at byte 0 of it. */
function rebased({ cells }: Block, start: number): Pick<Block, 'cells'> {
  return { cells: new Map([...cells].map(([cell, offset]) => [cell, offset - start])) };
}

function fitsCaller(from: Block, into: Block, shift: number): boolean {
  if (from.region !== 'output' && into.region !== 'output') return true;
  if (from.region === into.region) return false;
  const [outer, inner, distance] = from.region === 'output' ? [from, into, -shift] : [into, from, shift];
  const [low, high] = extentOf(inner);
  return low + distance >= 0 && high + distance <= extentOf(outer)[1];
}

/** First byte and end of the cells of a block. */
export function extentOf({ cells }: Block): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const [cell, offset] of cells) {
    low = Math.min(low, offset);
    high = Math.max(high, offset + cell.bytes);
  }
  return [Math.min(low, high), high];
}

function collides(from: Block, into: Block, { shift, ...context }: Context & { shift: number }): boolean {
  const { lifetimes, heirs, effort } = context;
  const ends = endsOf(into, context);
  for (const [a, offsetA] of from.cells) {
    for (let i = firstAlive(ends, lifetimes.get(a)?.start ?? 0, context); i < ends.length; i++) {
      effort.left--;
      const b = itemAt(ends, i);
      const offsetB = into.cells.get(b) ?? 0;
      const apart = offsetA + shift + a.bytes <= offsetB || offsetB + b.bytes <= offsetA + shift;
      if (apart || heirs.get(a)?.has(b) || heirs.get(b)?.has(a)) continue;
      if (overlapInTime(lifetimes.get(a), lifetimes.get(b))) return true;
    }
  }
  return false;
}

export function overlapInTime(a: Lifetime | undefined, b: Lifetime | undefined): boolean {
  return !!a && !!b && a.start <= b.end && b.start <= a.end;
}
