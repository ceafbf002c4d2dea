import { boundPeak } from './bound-peak.ts';
import { connectedTasks } from './connected-tasks.ts';
import type { Task } from './list-tasks.ts';
import type { Problem } from './order-problem.ts';
import type { Cell } from './resolve-storage.ts';

/** A set of tasks that have run, and the cheapest known way to have run them. */
interface State {
  readonly done: Uint8Array;
  readonly live: number;
  readonly peak: number;
  /** Sum of live bytes over the steps; breaks ties, since shorter lives pack better. */
  readonly sum: number;
  readonly path: Path | null;
}

interface Path {
  readonly task: number;
  readonly previous: Path | null;
}

export interface OrderOptions {
  readonly costs: (cell: Cell) => number;
  readonly kept: ReadonlySet<Cell>;
  /** Most states kept per layer; the search is exact as long as no layer has more. */
  readonly width?: number;
  /** Take this order; the bound is that of the order then. */
  readonly given?: readonly Task[];
}

export interface FoundOrder {
  readonly order: readonly Task[];
  /** Bytes that live at the peak of every order: the peak of this one, if the search left nothing out. */
  readonly bound: number;
}

/**
 * The order of tasks with the smallest peak of live bytes: dynamic programming over sets of executed tasks, layer by
 * layer (after k tasks), since the bytes that live depend on the set alone. Layers wider than `width` are cut to the best
 * states (beam search); then the search runs again without the states that are no better than what was found, until
 * nothing is left (the proof) or the cuts bring no more. Bytes of a step: live before it + outputs (beyond the memory
 * taken in place) + scratch.
 */
export function findOrder(tasks: readonly Task[], options: OrderOptions): FoundOrder {
  if (options.given) return { order: options.given, bound: finalState(makeProblem(tasks, options)).peak };
  const parts = connectedTasks(tasks, options.costs);
  return parts.length > 1 ? oneAfterAnother(parts, options) : findConnected(tasks, options);
}

/**
 * Parts that share no memory run one after another. Those that leave less than they found go first, the smallest rise to the
 * peak first; then the others, the largest drop from peak to rest first, which is the best sequence (Liu, SIAM Journal on
 * Computing 16(3), 1987).
 */
function oneAfterAnother(parts: readonly (readonly Task[])[], options: OrderOptions): FoundOrder {
  const found = parts.map((tasks): Part => {
    const part = findConnected(tasks, options);
    const problem = makeProblem(part.order, options);
    const { peak, live } = finalState(problem);
    return { ...part, peak, before: startState(problem).live, after: live };
  });
  const shrinking = found.filter(({ before, after }) => after < before);
  const growing = found.filter(({ before, after }) => after >= before);
  shrinking.sort((a, b) => a.peak - a.before - (b.peak - b.before));
  growing.sort((a, b) => b.peak - b.after - (a.peak - a.after));
  const order = [...shrinking, ...growing].flatMap((part) => part.order);
  return { order, bound: boundTogether(found) };
}

interface Part extends FoundPart {
  /** Bytes that live at the peak of its order, before its first step, and after its last. */
  readonly peak: number;
  readonly before: number;
  readonly after: number;
}

/** All parts live before the first step and after the last; at the peak of one the others keep what they keep at least. */
function boundTogether(parts: readonly Part[]): number {
  const sum = (bytes: (part: Part) => number): number => parts.reduce((all, part) => all + bytes(part), 0);
  const least = sum((part) => part.least);
  const ends = Math.max(
    sum(({ before }) => before),
    sum(({ after }) => after),
  );
  return parts.reduce((most, part) => Math.max(most, part.bound + least - part.least), ends);
}

interface FoundPart extends FoundOrder {
  /** Bytes that live between any two steps of every order, and before and after them. */
  readonly least: number;
}

function findConnected(tasks: readonly Task[], options: OrderOptions): FoundPart {
  const problem = makeProblem(tasks, options);
  const width = options.width ?? Math.min(2000, Math.max(8, Math.floor(2e7 / (tasks.length + 1) ** 2)));
  let best = search(problem, width, Number.POSITIVE_INFINITY);
  let { exact } = best;
  const least = exact ? best.least : 0;
  while (best.state && !exact) {
    const next = search(problem, width, best.state.peak);
    exact = next.exact;
    if (!next.state) break;
    best = next;
  }
  const bound = exact && best.state ? best.state.peak : boundPeak(problem);
  return { order: orderOf(problem, best.state), bound, least };
}

/** After the tasks in the order in which they stand. */
function finalState(problem: Problem): State {
  return problem.tasks.reduce((state, _, i) => advance(problem, state, i), startState(problem));
}

interface Found {
  /** The best way to run all tasks with a peak below the limit, null if the search met none. */
  readonly state: State | null;
  /** No layer was cut. */
  readonly exact: boolean;
  /** Least live bytes of all states that were met. */
  readonly least: number;
}

function search(problem: Problem, width: number, limit: number): Found {
  let layer: State[] = [startState(problem)].filter(({ peak }) => peak < limit);
  let exact = true;
  let least = layer[0]?.live ?? 0;
  for (let step = 0; step < problem.tasks.length && layer.length > 0; step++) {
    const next = nextLayer(problem, layer).filter(({ peak }) => peak < limit);
    exact &&= next.length <= width;
    layer = cut(next, width);
    least = layer.reduce((most, { live }) => Math.min(most, live), least);
  }
  return { state: layer[0] ?? null, exact, least };
}

function orderOf({ tasks }: Problem, state: State | null): Task[] {
  const order: Task[] = [];
  for (let path = state?.path ?? null; path; path = path.previous) order.push(tasks[path.task] as Task);
  return order.reverse();
}

function makeProblem(tasks: readonly Task[], { costs, kept }: OrderOptions): Problem {
  const writer = new Map(tasks.flatMap((task, i) => task.writes.map((cell) => [cell, i] as const)));
  const readers = new Map<Cell, number[]>();
  tasks.forEach((task, i) => {
    for (const cell of task.reads) readers.set(cell, [...(readers.get(cell) ?? []), i]);
  });
  const before = tasks.map((task) => [...new Set(task.reads.flatMap((cell) => writer.get(cell) ?? []))]);
  const after = tasks.map((): number[] => []);
  before.forEach((sources, i) => {
    for (const source of sources) after[source]?.push(i);
  });
  return { tasks, before, after, readers, costs, kept };
}

/** Before the first step only graph inputs live, if they cost memory at all. */
function startState({ tasks, readers, costs }: Problem): State {
  const written = new Set(tasks.flatMap((task) => task.writes));
  const inputs = [...readers.keys()].filter((cell) => !written.has(cell));
  const live = inputs.reduce((sum, cell) => sum + costs(cell), 0);
  return { done: new Uint8Array(tasks.length), live, peak: live, sum: 0, path: null };
}

function nextLayer(problem: Problem, layer: readonly State[]): State[] {
  const best = new Map<string, State>();
  for (const state of layer) {
    for (let task = 0; task < problem.tasks.length; task++) {
      if (!isReady(problem, state, task)) continue;
      const next = advance(problem, state, task);
      const key = keyOf(next.done);
      const known = best.get(key);
      if (!known || isBetter(next, known)) best.set(key, next);
    }
  }
  return [...best.values()];
}

function isReady({ before }: Problem, { done }: State, task: number): boolean {
  return !done[task] && (before[task] ?? []).every((source) => done[source]);
}

function advance(problem: Problem, state: State, index: number): State {
  const task = problem.tasks[index] as Task;
  const done = Uint8Array.from(state.done);
  done[index] = 1;
  const dies = (cell: Cell): boolean =>
    !problem.kept.has(cell) && (problem.readers.get(cell) ?? []).every((reader) => done[reader]);
  const total = (cells: readonly Cell[]): number => cells.reduce((sum, cell) => sum + problem.costs(cell), 0);
  const written = total(task.writes);
  const reused = task.inPlace.reduce(
    (most, { cells }) => Math.max(most, cells.every(dies) ? total(cells) : 0),
    0,
  );
  const during = state.live + Math.max(0, written - reused) + task.scratchBytes;
  const live = state.live + written - total([...task.reads, ...task.writes].filter(dies));
  const path = { task: index, previous: state.path };
  return { done, live, peak: Math.max(state.peak, during), sum: state.sum + during, path };
}

function isBetter(a: State, b: State): boolean {
  return a.peak !== b.peak ? a.peak < b.peak : a.sum < b.sum;
}

function cut(layer: State[], width: number): State[] {
  if (layer.length <= width) return layer;
  return layer.sort((a, b) => a.peak - b.peak || a.live - b.live || a.sum - b.sum).slice(0, width);
}

/** The set as text, 15 tasks a character. */
function keyOf(done: Uint8Array): string {
  let key = '';
  for (let from = 0; from < done.length; from += 15) {
    let word = 0;
    for (let bit = 0; bit < 15; bit++) word |= (done[from + bit] ?? 0) << bit;
    key += String.fromCharCode(word);
  }
  return key;
}
