import { entryOf, itemAt, type StorageRule } from '@ghostc/ir';
import { roundUp } from './first-fit.ts';
import type { PlanOptions, Program, Step } from './memory-plan.ts';
import type { Cell, Storage, StorageMap } from './resolve-storage.ts';

/** A step that runs code, or several that run as one, with the memory that it touches. */
export interface Task {
  /** Places in the program, in the order of execution. */
  readonly steps: readonly number[];
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
  const each = steps.flatMap((step, index): Task[] => {
    if (map.elided.has(step)) return [];
    const inputs = step.inputs.map((value) => (value ? map.storage.get(value) : undefined));
    const task = {
      steps: [index],
      reads: [...new Set(inputs.flatMap((storage) => storage?.cells ?? []))],
      writes: step.outputs.flatMap((value) => map.storage.get(value)?.cells ?? []),
      inPlace: inPlaceChoices(inputs, options.storageRule(step)),
      scratchBytes: options.scratchBytes?.(step) ?? 0,
    };
    return [task];
  });
  const groups = options.together?.(map.elided) ?? [];
  return groups.length ? withGroups(each, { steps, groups, align: options.align }) : each;
}

interface Grouping<S extends Step> {
  readonly steps: readonly S[];
  readonly groups: readonly (readonly S[])[];
  readonly align: number;
}

/** The tasks of each group as one, in an order in which each cell is written before it is read. */
function withGroups<S extends Step>(tasks: readonly Task[], { steps, groups, align }: Grouping<S>): Task[] {
  const taskOf = new Map(tasks.map((task) => [itemAt(steps, itemAt(task.steps, 0)), task] as const));
  const groupOf = new Map(groups.flatMap((group) => group.map((step) => [step, group] as const)));
  const joined = [...taskOf].flatMap(([step, task]): Task[] => {
    const group = groupOf.get(step);
    if (!group || group.length === 1) return [task];
    return group[0] === step
      ? [
          asOne(
            group.map((one) => entryOf(taskOf, one)),
            align,
          ),
        ]
      : [];
  });
  const writers = taskOfCell(joined);
  const ordered = new Set<Task>();
  const begun = new Set<Task>();
  const add = (task: Task): void => {
    if (begun.has(task)) return;
    begun.add(task);
    for (const cell of task.reads) {
      const writer = writers.get(cell);
      if (writer) add(writer);
    }
    ordered.add(task);
  };
  for (const task of joined) add(task);
  return [...ordered];
}

/** What the members compute lives until the last of them has run; none works in place, and each has scratch memory of its own. */
function asOne(members: readonly Task[], align: number): Task {
  const writes = members.flatMap((task) => task.writes);
  const inside = new Set(writes);
  return {
    steps: members.flatMap((task) => task.steps),
    reads: [...new Set(members.flatMap((task) => task.reads))].filter((cell) => !inside.has(cell)),
    writes,
    inPlace: [],
    scratchBytes: members.reduce((sum, task) => sum + roundUp(task.scratchBytes, align), 0),
  };
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
