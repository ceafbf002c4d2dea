import { type Task, taskOfCell } from './list-tasks.ts';
import type { Block, Cell, StorageMap } from './resolve-storage.ts';
import { extentOf } from './share-in-place.ts';

/**
 * The cells that the arena holds whatever the order: those of arena blocks, without blocks that in-place tasks may turn
 * into a caller's output buffer (an element-wise op in front of the output computes in it).
 */
export function arenaCells(tasks: readonly Task[], { storage }: StorageMap): Set<Cell> {
  const blocks = new Set([...storage.values()].map(({ block }) => block));
  const writers = taskOfCell(tasks);
  const moved = new Set<Block>();
  const size = (block: Block): number => extentOf(block)[1];
  const adopt = (root: Block, room: number): void => {
    const pending = [root];
    for (let block = pending.pop(); block; block = pending.pop()) {
      const donors = [...block.cells.keys()].flatMap((cell) => writers.get(cell)?.inPlace ?? []);
      for (const donor of donors) {
        if (donor.block.region !== 'arena' || moved.has(donor.block) || size(donor.block) > room) continue;
        moved.add(donor.block);
        pending.push(donor.block);
      }
    }
  };
  const outputs = [...blocks].filter(({ region }) => region === 'output');
  for (const block of outputs.sort((a, b) => size(b) - size(a))) adopt(block, size(block));
  const held = [...blocks].filter((block) => block.region === 'arena' && !moved.has(block));
  return new Set(held.flatMap(({ cells }) => [...cells.keys()]));
}
