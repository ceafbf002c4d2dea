import type { Graph, Node, Value } from '@ghostc/ir';
import { arenaCells } from './arena-cells.ts';
import { type ArenaArrangement, arrange, type Schedule } from './arrange.ts';
import { findOrder } from './find-order.ts';
import { roundUp } from './first-fit.ts';
import { granuleBound } from './granule-bound.ts';
import { keptCells, listTasks, type Task } from './list-tasks.ts';
import type { MemoryPlan, Placement, PlanOptions } from './memory-plan.ts';
import { type Cell, resolveStorage, type StorageMap } from './resolve-storage.ts';

/** Arrangements tried to find out which tasks should not work in place: in one pass, and one after another without a gain. */
const trials = 100;
const vainTrials = (blocks: number): number => Math.max(1, Math.floor(1e5 / blocks ** 2));
/** In all: to lay out many tasks takes its time. */
const mostTrials = (tasks: number): number => Math.ceil(5e5 / (tasks + 1));

/**
 * Order, placements and size of the arena for a graph with fixed shapes. The order is the one with the smallest peak, or
 * the given one if that packs better. Pure: the graph stays as it is.
 */
export function planMemory(graph: Graph, options: PlanOptions): MemoryPlan {
  const map = resolveStorage(graph, options);
  const tasks = listTasks(graph, map, options);
  const kept = keptCells(graph, map);
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
    order: withElided(graph, best.order, map.elided),
    placements: placeValues(map, best),
    scratch: new Map(
      [...best.scratch].map(([node, offset]) => [node, { region: 'arena', index: 0, offset }]),
    ),
    elided: map.elided,
    arenaBytes: best.bytes,
    lowerBound: bound,
    gap: best.bytes - goal,
    live: best.live,
  };
}

interface Start {
  /** With every chance to work in place taken. */
  readonly quick: ArenaArrangement;
  readonly goal: number;
}

/** Leaves the chances to work in place that the arena is smaller without, in passes as long as they bring something. */
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

/** Puts the nodes that cost nothing back, each as soon as what it reads has been computed. */
function withElided(graph: Graph, order: readonly Task[], elided: ReadonlySet<Node>): Node[] {
  const result: Node[] = [];
  const missing = missingSources(graph, elided);
  const place = new Map([...missing.keys()].map((node, i) => [node, i]));
  // The last is the first in the graph's order.
  const sort = (ready: Node[]): Node[] => ready.sort((a, b) => (place.get(b) ?? 0) - (place.get(a) ?? 0));
  const run = (node: Node): Node[] => {
    result.push(node);
    const users = new Set(node.outputs.flatMap((value) => [...value.users]));
    return [...users].filter((user) => {
      const left = (missing.get(user) ?? Number.NaN) - 1;
      missing.set(user, left);
      return left === 0;
    });
  };
  const settle = (ready: Node[]): void => {
    for (let node = sort(ready).pop(); node; node = ready.pop()) {
      const opened = run(node);
      for (const next of opened) ready.push(next);
      if (opened.length) sort(ready);
    }
  };
  settle([...missing].flatMap(([node, count]) => (count === 0 ? [node] : [])));
  for (const { node } of order) settle(run(node));
  return result;
}

/** For each node that costs nothing, in order: how many nodes compute what it reads. */
function missingSources(graph: Graph, elided: ReadonlySet<Node>): Map<Node, number> {
  const nodes = [...graph.nodes()].filter((node) => elided.has(node));
  return new Map(
    nodes.map((node) => [node, new Set(node.inputs.flatMap((value) => value?.producer ?? [])).size]),
  );
}
