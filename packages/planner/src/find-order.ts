import { itemAt } from '@ghostc/ir';
import { boundPeak } from './bound-peak.ts';
import { connectedTasks } from './connected-tasks.ts';
import type { Task } from './list-tasks.ts';
import { makeProblem, type Problem } from './order-problem.ts';
import type { Cell } from './resolve-storage.ts';

/** A set of tasks that have run, and the cheapest known way to have run them. */
interface State extends Costs {
  readonly done: Uint8Array;
  /** Readers of each cell that have not run. */
  readonly pending: Int32Array;
  /** Tasks that may run next, in their original order. */
  readonly ready: readonly number[];
  readonly path: Path | null;
  /** Two 32-bit numbers that identify `done`. */
  readonly key: number;
  readonly check: number;
}

interface Costs {
  readonly live: number;
  readonly peak: number;
  /** Sum of live bytes over the steps; breaks ties, since shorter lives pack better. */
  readonly sum: number;
}

interface Path {
  readonly task: number;
  readonly previous: Path | null;
}

/** A state that is not made yet: `task` runs after `from`. */
interface Step extends Costs {
  readonly from: State;
  readonly task: number;
  readonly key: number;
  readonly check: number;
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
 * The order of tasks with the smallest peak of live bytes: dynamic programming over sets of executed tasks,
 * layer by layer (after k tasks), since the live bytes depend only on the set. Layers wider than `width` are
 * cut to the best states (beam search); then the search runs again without the states that are no better than
 * the result, until none is left (the proof) or the cuts no longer help. Bytes of a step: live before it +
 * outputs (beyond the memory reused in place) + scratch.
 */
export function findOrder(tasks: readonly Task[], options: OrderOptions): FoundOrder {
  if (options.given) return { order: options.given, bound: finalCosts(makeProblem(tasks, options)).peak };
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
    const { peak, live } = finalCosts(problem);
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
  let { exact, work } = best;
  const least = exact ? best.least : 0;
  while (best.path && !exact && work < MAX_WORK) {
    const next = search(problem, width, best.peak);
    exact = next.exact;
    work += next.work;
    if (!next.path) break;
    best = next;
  }
  const bound = exact && best.path ? best.peak : boundPeak(problem);
  return { order: orderOf(problem, best.path), bound, least };
}

/** Steps looked at in one search, and in all for one graph; to make a state counts by its size. */
const MAX_SEARCH = 8e4;
const MAX_WORK = 16e4;
const TASKS_PER_STEP = 256;

/** Costs of the tasks in their original order. */
function finalCosts(problem: Problem): Costs {
  return runRest(problem, startState(problem));
}

interface Found {
  /** The best way to run all tasks with a peak below the limit, null if the search met none. */
  readonly path: Path | null;
  readonly peak: number;
  /** Nothing was left out. */
  readonly exact: boolean;
  /** Least live bytes of all states that were met. */
  readonly least: number;
  readonly work: number;
}

function search(problem: Problem, width: number, limit: number): Found {
  const count = problem.tasks.length;
  let layer: State[] = [startState(problem)].filter(({ peak }) => peak < limit);
  let exact = true;
  let least = layer[0]?.live ?? 0;
  let work = 0;
  for (let step = 0; step < count && layer.length > 0; step++) {
    if (work > MAX_SEARCH) return { ...finishInOrder(problem, layer, limit), exact: false, least: 0, work };
    const next = nextSteps(problem, layer).filter(({ peak }) => peak < limit);
    exact &&= next.length <= width;
    work += layer.reduce((sum, { ready }) => sum + ready.length, 0);
    // what only one step continues from is not copied
    const arrays = layer.length === 1 && next.length === 1 ? same : copied;
    layer = cut(next, width).map((one) => stateAfter(problem, one, arrays(one.from)));
    work += (layer.length * count) / TASKS_PER_STEP;
    least = layer.reduce((most, { live }) => Math.min(most, live), least);
  }
  return { path: layer[0]?.path ?? null, peak: layer[0]?.peak ?? 0, exact, least, work };
}

/** The best state of a layer, then the remaining tasks in their original order. */
function finishInOrder(problem: Problem, layer: State[], limit: number): Pick<Found, 'path' | 'peak'> {
  const [best] = cut([...layer], 1);
  const end = best && runRest(problem, best);
  return end && end.peak < limit ? end : { path: null, peak: 0 };
}

function runRest(problem: Problem, from: State): Costs & { readonly path: Path | null } {
  const { done } = from;
  const state = { pending: Int32Array.from(from.pending), live: from.live, peak: from.peak, sum: from.sum };
  let { path } = from;
  for (let task = 0; task < problem.tasks.length; task++) {
    if (done[task]) continue;
    Object.assign(state, costsAfter(problem, state, task));
    for (const cell of problem.reads[task] ?? []) state.pending[cell] = (state.pending[cell] ?? 0) - 1;
    path = { task, previous: path };
  }
  return { ...state, path };
}

function orderOf({ tasks }: Problem, last: Path | null): Task[] {
  const order: Task[] = [];
  for (let path = last; path; path = path.previous) order.push(itemAt(tasks, path.task));
  return order.reverse();
}

/** Before the first step only graph inputs live, if they cost memory at all. */
function startState({ tasks, before, pending, sizes, writers }: Problem): State {
  const live = sizes.reduce((sum, bytes, cell) => sum + ((writers[cell] ?? -1) < 0 ? bytes : 0), 0);
  const ready = [...tasks.keys()].filter((task) => before[task]?.length === 0);
  return {
    done: new Uint8Array(tasks.length),
    pending: Int32Array.from(pending),
    ready,
    live,
    peak: live,
    sum: 0,
    path: null,
    key: 0,
    check: 0,
  };
}

/** The ways to go on from a layer: of those that lead to one set of tasks the best. */
function nextSteps(problem: Problem, layer: readonly State[]): Step[] {
  const { keys } = problem;
  const steps: Step[] = [];
  const places = new PlaceTable(layer.reduce((sum, { ready }) => sum + ready.length, 0));
  for (const from of layer) {
    for (const task of from.ready) {
      const costs = costsAfter(problem, from, task);
      const key = from.key ^ (keys[2 * task] ?? 0);
      const check = from.check ^ (keys[2 * task + 1] ?? 0);
      const place = places.of(steps, key, check);
      const known = steps[place];
      if (known && !isBetter(costs, known)) continue;
      const { live, peak, sum } = costs;
      steps[place] = { live, peak, sum, from, task, key, check };
    }
  }
  return steps;
}

/** Finds steps by the set of tasks that they lead to: open addressing, half full at most. */
class PlaceTable {
  readonly #places: Int32Array;

  constructor(most: number) {
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(2 * most + 2)));
  }

  /** The place of the step with these keys, or that of the next new one. */
  of(steps: readonly Step[], key: number, check: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    for (let slot = key & mask; ; slot = (slot + 1) & mask) {
      const place = (places[slot] ?? 0) - 1;
      const step = steps[place];
      if (step && (step.key !== key || step.check !== check)) continue;
      if (step) return place;
      places[slot] = steps.length + 1;
      return steps.length;
    }
  }
}

function costsAfter(
  problem: Problem,
  { pending, live, peak, sum }: Pick<State, 'pending' | keyof Costs>,
  task: number,
): Costs {
  const { sizes, reads, writes, kept, scratch } = problem;
  let [written, freed] = [0, 0];
  for (const cell of writes[task] ?? []) {
    written += sizes[cell] ?? 0;
    if (!kept[cell] && pending[cell] === 0) freed += sizes[cell] ?? 0;
  }
  for (const cell of reads[task] ?? [])
    if (!kept[cell] && (pending[cell] ?? 0) <= 1) freed += sizes[cell] ?? 0;
  const reused = reusedBytes(problem, pending, task);
  const during = live + Math.max(0, written - reused) + (scratch[task] ?? 0);
  return { live: live + written - freed, peak: Math.max(peak, during), sum: sum + during };
}

/** Of the donors that die in a task the largest. */
function reusedBytes({ sizes, kept, donors }: Problem, pending: Int32Array, task: number): number {
  let most = 0;
  for (const cells of donors[task] ?? []) {
    let bytes = 0;
    for (const cell of cells)
      bytes += kept[cell] || (pending[cell] ?? 0) > 1 ? Number.NEGATIVE_INFINITY : (sizes[cell] ?? 0);
    most = Math.max(most, bytes);
  }
  return most;
}

type Arrays = Pick<State, 'done' | 'pending'>;

const same = (state: State): Arrays => state;

const copied = ({ done, pending }: State): Arrays => ({ done: done.slice(), pending: pending.slice() });

/** The state after a step; changes the arrays. */
function stateAfter(
  { reads, before, after }: Problem,
  { from, task, key, check, live, peak, sum }: Step,
  { done, pending }: Arrays,
): State {
  done[task] = 1;
  for (const cell of reads[task] ?? []) pending[cell] = (pending[cell] ?? 0) - 1;
  const opened = (after[task] ?? []).filter((next) => before[next]?.every((source) => done[source]));
  const ready = from.ready.filter((other) => other !== task);
  if (opened.length) ready.push(...opened);
  if (opened.length) ready.sort((a, b) => a - b);
  return { done, pending, ready, live, peak, sum, path: { task, previous: from.path }, key, check };
}

function isBetter(a: Costs, b: Costs): boolean {
  return a.peak !== b.peak ? a.peak < b.peak : a.sum < b.sum;
}

function cut<C extends Costs>(layer: C[], width: number): C[] {
  if (layer.length <= width) return layer;
  return layer.sort((a, b) => a.peak - b.peak || a.live - b.live || a.sum - b.sum).slice(0, width);
}
