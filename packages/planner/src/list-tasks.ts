import type { StorageRule } from '@ghostc/ir';
import type { PlanOptions, Program, Step } from './memory-plan.ts';
import type { Cell, Storage, StorageMap } from './resolve-storage.ts';

/** A step that runs code, with the memory that it touches. */
export interface Task {
  /** Its place in the program. */
  readonly index: number;
  readonly reads: readonly Cell[];
  readonly writes: readonly Cell[];
  /** Inputs whose memory the output may take, first choice first. */
  readonly inPlace: readonly Storage[];
  readonly scratchBytes: number;
}

/** The tasks of a program in the given order; steps that cost nothing are left out. */
export function listTasks<S extends Step>(
  { steps }: Program<S>,
  map: StorageMap,
  options: PlanOptions<S>,
): Task[] {
  return steps.flatMap((step, index) => {
    if (map.elided.has(step)) return [];
    const inputs = step.inputs.map((value) => (value ? map.storage.get(value) : undefined));
    return {
      index,
      reads: [...new Set(inputs.flatMap((storage) => storage?.cells ?? []))],
      writes: step.outputs.flatMap((value) => map.storage.get(value)?.cells ?? []),
      inPlace: inPlaceChoices(inputs, options.storageRule(step)),
      scratchBytes: options.scratchBytes?.(step) ?? 0,
    };
  });
}

/** The task that writes each cell. */
export function taskOfCell(tasks: readonly Task[]): Map<Cell, Task> {
  return new Map(tasks.flatMap((task) => task.writes.map((cell) => [cell, task] as const)));
}

/** Inputs that the storage rule names, in the arena, none of whose memory another, unnamed input shares. */
function inPlaceChoices(inputs: readonly (Storage | undefined)[], rule: StorageRule): Storage[] {
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

/** Cells that an output still needs when the last step has run. */
export function keptCells({ outputs }: Pick<Program<Step>, 'outputs'>, map: StorageMap): Set<Cell> {
  return new Set(outputs.flatMap(({ value }) => map.storage.get(value)?.cells ?? []));
}
