import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CLayer, CProgram } from '@ghostc/backend-c';
import { type CompileCOptions, compileC } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { type CDevice, profileC } from '@ghostc/runtimes';

/** Where counts are kept, inside the checkout and ignored by git. */
const folder = join('node_modules', '.cache', 'mcu-counts');

export interface Counted {
  readonly program: CProgram;
  readonly total: number;
  readonly layers: readonly { readonly layer: CLayer; readonly cost: number }[];
}

interface Counts {
  readonly total: number;
  readonly costs: readonly number[];
}

/**
 * Instructions of a network and its layers on a core. What was counted is kept under a hash of the program and the flags of its
 * compiler, so that a run that is cut off goes on where it stopped, and a kernel that changes is counted anew.
 */
export async function countLayers(
  graph: Graph,
  device: CompileCOptions['device'],
  core: CDevice,
): Promise<Counted> {
  const program = compileC(graph, { device, name: 'net' });
  const file = join(folder, `${keyOf(program, core)}.json`);
  const counts = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Counts) : null;
  const { total, costs } = counts ?? (await count(program, core, graph, file));
  const layers = program.layers.map((layer, i) => ({ layer, cost: costs[i] ?? 0 }));
  return { program, total, layers };
}

async function count(program: CProgram, core: CDevice, graph: Graph, file: string): Promise<Counts> {
  const { total, layers } = await profileC(program, core, seededInputs(graph, 1));
  const counts = { total, costs: layers.map(({ cost }) => cost) };
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.part`, JSON.stringify(counts));
  renameSync(`${file}.part`, file);
  return counts;
}

function keyOf({ files }: CProgram, { compiler, flags, board }: CDevice): string {
  const hash = createHash('sha256').update(JSON.stringify([compiler, flags, board?.machine]));
  for (const [name, content] of files) hash.update(name).update(content);
  return hash.digest('hex').slice(0, 32);
}
