import type { Graph, Node } from '@ghostc/ir';
import type { PlanOptions } from './memory-plan.ts';
import type { Cell, Storage, StorageMap } from './resolve-storage.ts';
import { runningNodes } from './running-nodes.ts';

/** A node that runs code, with the memory that it touches. */
export interface Task {
  readonly node: Node;
  readonly reads: readonly Cell[];
  readonly writes: readonly Cell[];
  /** Inputs whose memory the output may take, first choice first. */
  readonly inPlace: readonly Storage[];
  readonly scratchBytes: number;
}

/** The tasks of a graph in the given order; nodes that cost nothing are left out. */
export function listTasks(graph: Graph, map: StorageMap, options: PlanOptions): Task[] {
  return runningNodes({ order: [...graph.nodes()], elided: map.elided }).map((node) => {
    const inputs = node.inputs.map((value) => (value ? map.storage.get(value) : undefined));
    return {
      node,
      reads: [...new Set(inputs.flatMap((storage) => storage?.cells ?? []))],
      writes: node.outputs.flatMap((value) => map.storage.get(value)?.cells ?? []),
      inPlace: inPlaceChoices(node, inputs, options),
      scratchBytes: options.scratchBytes?.(node) ?? 0,
    };
  });
}

/** The task that writes each cell. */
export function taskOfCell(tasks: readonly Task[]): Map<Cell, Task> {
  return new Map(tasks.flatMap((task) => task.writes.map((cell) => [cell, task] as const)));
}

/** Inputs that the storage rule names, in the arena, none of whose memory another, unnamed input shares. */
function inPlaceChoices(
  node: Node,
  inputs: readonly (Storage | undefined)[],
  options: PlanOptions,
): Storage[] {
  const rule = options.storageRule(node);
  if (rule.kind !== 'in-place') return [];
  const others = new Set(
    inputs.flatMap((storage, i) => (rule.inputs.includes(i) ? [] : (storage?.cells ?? []))),
  );
  return rule.inputs.flatMap((i) => {
    const storage = inputs[i];
    if (!storage || storage.block.region === 'input' || storage.block.region === 'constant') return [];
    return storage.cells.some((cell) => others.has(cell)) ? [] : [storage];
  });
}

/** Cells that a graph output still needs when the last node has run. */
export function keptCells(graph: Graph, map: StorageMap): Set<Cell> {
  return new Set(graph.outputs.flatMap(({ value }) => map.storage.get(value)?.cells ?? []));
}
