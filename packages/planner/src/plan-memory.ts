import { type Graph, itemAt, type Value } from '@ghostc/ir';
import { arenaCells } from './arena-cells.ts';
import { type ArenaArrangement, arrange, type Schedule } from './arrange.ts';
import { findOrder } from './find-order.ts';
import { roundUp } from './first-fit.ts';
import { granuleBound } from './granule-bound.ts';
import { keptCells, listTasks, type Task } from './list-tasks.ts';
import {
  type MemoryPlan,
  type Placement,
  type PlanOptions,
  type Program,
  programOf,
  type Step,
} from './memory-plan.ts';
import { type Cell, resolveStorage, type StorageMap } from './resolve-storage.ts';

/** Arrangements tried to find out which tasks should not work in place: in one pass, and one after another without a gain. */
const trials = 100;
const vainTrials = (blocks: number): number => Math.max(1, Math.floor(1e5 / blocks ** 2));
/** In total: placing many tasks takes time. */
const mostTrials = (tasks: number): number => Math.ceil(5e5 / (tasks + 1));

/**
 * Order, placements and size of the arena for a graph with fixed shapes. The order is the one with the
 * smallest peak, or the given one if that packs better. Pure: the graph is not changed.
 */
export function planMemory(graph: Graph, options: PlanOptions): MemoryPlan {
  return planProgram(programOf(graph), options);
}

/** The same for any program. */
export function planProgram<S extends Step>(program: Program<S>, options: PlanOptions<S>): MemoryPlan<S> {
  const map = resolveStorage(program, options);
  const tasks = listTasks(program, map, options);
  const kept = keptCells(program, map);
  const held = arenaCells(tasks, map);
  const costs = (cell: Cell): number => (held.has(cell) ? cell.bytes : 0);
  const given = options.order && { given: tasks };
  const { order, bound: alive } = findOrder(tasks, { costs, kept, ...given });
  const schedule = { map, kept, align: options.align, apart: new Set<Task>(), effort: 'quick' } as const;
  const quick = arrange({ ...schedule, order }) as ArenaArrangement;
  const granules = (): number => granuleBound(tasks, { map, held, kept, align: options.align, ...given });
  const bound = quick.bytes > roundUp(alive, options.align) ? Math.max(alive, granules()) : alive;
  const goal = roundUp(bound, options.align);
  const found = bestArrangement({ ...schedule, order }, { quick, goal });
  const best = (found.bytes > goal && arrange({ ...schedule, order: tasks }, found.bytes)) || found;
  return {
    order: withElided(program.steps, best.order, map.elided),
    placements: placeValues(map, best),
    scratch: scratchOf(program, best, options),
    elided: map.elided,
    arenaBytes: best.bytes,
    lowerBound: bound,
    gap: best.bytes - goal,
    live: best.order.flatMap(({ steps }, i) => steps.map(() => itemAt(best.live, i))),
  };
}

interface Start {
  /** With every chance to work in place taken. */
  readonly quick: ArenaArrangement;
  readonly goal: number;
}

/** Drops in-place opportunities without which the arena is smaller, in passes as long as that helps. */
function bestArrangement(schedule: Schedule, { quick, goal }: Start): ArenaArrangement {
  let best = quick;
  const apart = new Set(schedule.apart);
  const patience = vainTrials(quick.starts.size);
  let vain = 0;
  let left = mostTrials(schedule.order.length);
  for (let before = Number.POSITIVE_INFINITY; best.bytes < before && best.bytes > goal; ) {
    before = best.bytes;
    const candidates = [...best.shared].sort((a, b) => wasteOf(b) - wasteOf(a)).slice(0, trials);
    for (const task of candidates) {
      if (best.bytes <= goal || vain >= patience || left-- <= 0) break;
      apart.add(task);
      const next = arrange({ ...schedule, apart }, best.bytes);
      vain = next ? 0 : vain + 1;
      if (next) best = next;
      else apart.delete(task);
    }
  }
  return (best.bytes > goal && arrange({ ...schedule, apart, effort: 'exact' }, best.bytes)) || best;
}

/** Bytes of the memory taken that the output does not fill. */
function wasteOf({ inPlace, writes }: Task): number {
  const bytes = (cells: readonly Cell[]): number => cells.reduce((sum, cell) => sum + cell.bytes, 0);
  return Math.max(0, ...inPlace.map(({ cells }) => bytes(cells))) - bytes(writes);
}

/** The scratch memory of steps that run as one lies side by side. */
function scratchOf<S extends Step>(
  { steps }: Program<S>,
  { scratch }: ArenaArrangement,
  { scratchBytes = () => 0, align }: PlanOptions<S>,
): Map<Step, Placement> {
  const places = new Map<Step, Placement>();
  for (const [task, start] of scratch) {
    let offset = start;
    for (const step of task.steps.map((index) => itemAt(steps, index))) {
      const bytes = scratchBytes(step);
      if (bytes) places.set(step, { region: 'arena', index: 0, offset });
      offset += roundUp(bytes, align);
    }
  }
  return places;
}

function placeValues({ storage }: StorageMap, { homes, starts }: ArenaArrangement): Map<Value, Placement> {
  return new Map(
    [...storage].map(([value, { cells, block }]) => {
      const cell = cells[0];
      const home = (cell && homes.get(cell)) ?? block;
      const offset = (starts.get(home) ?? 0) + ((cell && home.cells.get(cell)) ?? 0);
      return [value, { region: home.region, index: home.region === 'arena' ? 0 : home.index, offset }];
    }),
  );
}

/** Puts the steps that cost nothing back, each as soon as what it reads has been computed. */
function withElided<S extends Step>(
  steps: readonly S[],
  order: readonly Task[],
  elided: ReadonlySet<Step>,
): S[] {
  const result: S[] = [];
  const { missing, readers } = missingSources(steps, elided);
  const place = new Map([...missing.keys()].map((step, i) => [step, i]));
  // The last is the first in the program's order.
  const sort = (ready: S[]): S[] => ready.sort((a, b) => (place.get(b) ?? 0) - (place.get(a) ?? 0));
  const run = (step: S): S[] => {
    result.push(step);
    const opened = new Set(step.outputs.flatMap((value) => readers.get(value) ?? []));
    return [...opened].filter((reader) => {
      const left = (missing.get(reader) ?? Number.NaN) - 1;
      missing.set(reader, left);
      return left === 0;
    });
  };
  const settle = (ready: S[]): void => {
    for (let step = sort(ready).pop(); step; step = ready.pop()) {
      const opened = run(step);
      for (const next of opened) ready.push(next);
      if (opened.length) sort(ready);
    }
  };
  settle([...missing].flatMap(([step, count]) => (count === 0 ? [step] : [])));
  for (const index of order.flatMap((task) => task.steps)) settle(run(itemAt(steps, index)));
  return result;
}

interface Missing<S> {
  /** For each step that costs nothing, in order: how many steps compute what it reads. */
  readonly missing: Map<S, number>;
  /** The steps that cost nothing and read a value. */
  readonly readers: ReadonlyMap<Value, readonly S[]>;
}

function missingSources<S extends Step>(steps: readonly S[], elided: ReadonlySet<Step>): Missing<S> {
  const writers = new Map(steps.flatMap((step) => step.outputs.map((value) => [value, step] as const)));
  const missing = new Map<S, number>();
  const readers = new Map<Value, S[]>();
  for (const step of steps) {
    if (!elided.has(step)) continue;
    const read = new Set(step.inputs.filter((value) => value !== null));
    missing.set(step, new Set([...read].flatMap((value) => writers.get(value) ?? [])).size);
    for (const value of read) readers.set(value, [...(readers.get(value) ?? []), step]);
  }
  return { missing, readers };
}
