import type { Graph, Node, Value } from '@ghostc/ir';
import { assignOffsets, type Box } from './assign-offsets.ts';
import { findOrder } from './find-order.ts';
import { type Lifetimes, lifetimesOf } from './lifetimes.ts';
import { keptCells, listTasks, type Task } from './list-tasks.ts';
import type { MemoryPlan, Placement, PlanOptions } from './memory-plan.ts';
import { type Block, type Cell, resolveStorage, type StorageMap } from './resolve-storage.ts';
import { copyHomes, extentOf, type Homes, shareInPlace } from './share-in-place.ts';

/**
 * Order, placements and size of the arena for a graph with fixed shapes. The order found is the given one, or one with a
 * smaller arena. Pure: the graph stays as it is.
 */
export function planMemory(graph: Graph, options: PlanOptions): MemoryPlan {
  const map = resolveStorage(graph, options);
  const tasks = listTasks(graph, map, options);
  const kept = keptCells(graph, map);
  const costs = (cell: Cell): number => (arenaCells.has(cell) ? cell.bytes : 0);
  const arenaCells = new Set(
    [...blocksOf(map)].filter(({ region }) => region === 'arena').flatMap(({ cells }) => [...cells.keys()]),
  );
  const given = layOut(graph, map, { order: tasks, kept, options });
  const found = layOut(graph, map, { order: findOrder(tasks, { costs, kept }), kept, options });
  return found.arenaBytes < given.arenaBytes ? found : given;
}

interface Schedule {
  readonly order: readonly Task[];
  readonly kept: ReadonlySet<Cell>;
  readonly options: PlanOptions;
}

function blocksOf(map: StorageMap): Set<Block> {
  return new Set([...map.storage.values()].map(({ block }) => block));
}

function layOut(graph: Graph, map: StorageMap, { order, kept, options }: Schedule): MemoryPlan {
  const homes = copyHomes(blocksOf(map));
  const lifetimes = lifetimesOf(order, homes.keys(), kept);
  shareInPlace(order, homes, lifetimes);
  const blocks = [...new Set(homes.values())].filter(({ region }) => region === 'arena');
  const scratchTasks = order.filter((task) => task.scratchBytes > 0);
  const boxes = [
    ...blocks.map((block) => boxOf(block, lifetimes)),
    ...scratchTasks.map((task) => scratchBox(task, order.indexOf(task))),
  ];
  const live = liveBytes(boxes, order.length);
  const lowerBound = live.reduce((peak, bytes) => Math.max(peak, bytes), 0);
  const layout = assignOffsets(boxes, options.align, lowerBound);
  const starts = new Map(blocks.map((block, i) => [block, (layout.offsets[i] ?? 0) - extentOf(block)[0]]));
  const scratchAt = (i: number): number => layout.offsets[blocks.length + i] ?? 0;
  return {
    order: withElided(graph, order, map.elided),
    placements: placeValues(map, homes, starts),
    scratch: new Map(
      scratchTasks.map(({ node }, i) => [node, { region: 'arena', index: 0, offset: scratchAt(i) }]),
    ),
    elided: map.elided,
    arenaBytes: layout.bytes,
    lowerBound,
    live,
  };
}

function boxOf(block: Block, lifetimes: Lifetimes): Box {
  const [low] = extentOf(block);
  return [...block.cells].map(([cell, offset]) => {
    const { start, end } = lifetimes.get(cell) ?? { start: 0, end: 0 };
    return { low: offset - low, high: offset - low + cell.bytes, start, end };
  });
}

function scratchBox({ scratchBytes }: Task, step: number): Box {
  return [{ low: 0, high: scratchBytes, start: step, end: step }];
}

/** Bytes in use at each step; in-place pieces of a box cover the same bytes and count once. */
export function liveBytes(boxes: readonly Box[], steps: number): number[] {
  const live = new Array<number>(steps).fill(0);
  for (const box of boxes) {
    const sorted = [...box].sort((a, b) => a.low - b.low);
    const first = Math.min(...box.map(({ start }) => start));
    const last = Math.min(steps - 1, Math.max(...box.map(({ end }) => end)));
    for (let step = first; step <= last; step++) live[step] = (live[step] ?? 0) + coveredBytes(sorted, step);
  }
  return live;
}

function coveredBytes(sorted: Box, step: number): number {
  let [covered, end] = [0, 0];
  for (const piece of sorted) {
    if (piece.start > step || piece.end < step || piece.high <= end) continue;
    covered += piece.high - Math.max(piece.low, end);
    end = piece.high;
  }
  return covered;
}

function placeValues(
  map: StorageMap,
  homes: Homes,
  starts: ReadonlyMap<Block, number>,
): Map<Value, Placement> {
  return new Map(
    [...map.storage].map(([value, { cells, block }]) => {
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
  const done = new Set<Node>();
  const waiting = new Set([...graph.nodes()].filter((node) => elided.has(node)));
  const run = (node: Node): void => {
    result.push(node);
    done.add(node);
    waiting.delete(node);
  };
  const isReady = (node: Node): boolean =>
    node.inputs.every((value) => !value?.producer || done.has(value.producer));
  const settle = (): void => {
    for (const node of waiting) if (isReady(node)) run(node);
  };
  settle();
  for (const { node } of order) {
    run(node);
    settle();
  }
  return result;
}
