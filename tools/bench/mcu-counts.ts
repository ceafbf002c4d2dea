import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CLayer, CProgram } from '@ghostc/backend-c';
import { type CompileCOptions, compileC } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { type CDevice, profileC, type RunCOptions, runC } from '@ghostc/runtimes';

/** Where counts are kept, inside the checkout and ignored by git: a folder for each compiler and its version. */
const cache = join('node_modules', '.cache', 'mcu-counts');

export interface Counted {
  readonly program: CProgram;
  readonly total: number;
  readonly layers: readonly { readonly layer: CLayer; readonly cost: number }[];
}

/** Instructions of a network and its layers on a core. */
export async function countLayers(
  graph: Graph,
  device: CompileCOptions['device'],
  core: CDevice,
): Promise<Counted> {
  const program = compileC(graph, { device, name: 'net' });
  const { total, costs } = await kept(program, core, [], async () => {
    const counts = await profileC(program, core, seededInputs(graph, 1));
    return { total: counts.total, costs: counts.layers.map(({ cost }) => cost) };
  });
  return { program, total, layers: program.layers.map((layer, i) => ({ layer, cost: costs[i] ?? 0 })) };
}

export interface CountedRun {
  readonly instructions: number;
  /** Of the bits of its outputs. */
  readonly digest: string;
}

/** Instructions of one run of a program on seeded inputs. */
export function countRun(
  program: CProgram,
  graph: Graph,
  core: CDevice,
  options: RunCOptions,
): Promise<CountedRun> {
  return kept(program, core, ['run', ...(options.extraFlags ?? [])], async () => {
    const [result] = await runC(program, core, [seededInputs(graph, 1)], {
      ...options,
      count: 'instructions',
    });
    if (!result?.instructions) throw new Error(`${core.name} counted no instructions`);
    const hash = createHash('sha256');
    for (const [name, { shape, data }] of result.outputs)
      hash
        .update(JSON.stringify([name, shape]))
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { instructions: result.instructions, digest: hash.digest('hex') };
  });
}

/**
 * What was counted of a program is kept under a hash of its text and of the flags of its compiler, so that a bench that is cut off
 * goes on where it stopped, and a kernel that changes is counted anew.
 */
async function kept<T>(
  { files }: CProgram,
  { compiler, flags, board }: CDevice,
  how: readonly string[],
  count: () => Promise<T>,
): Promise<T> {
  const hash = createHash('sha256').update(JSON.stringify([compiler, flags, board?.machine, ...how]));
  for (const [name, content] of files) hash.update(name).update(content);
  const folder = join(cache, `${compiler}-${versionOf(compiler)}`);
  const file = join(folder, `${hash.digest('hex').slice(0, 32)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const counted = await count();
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.part`, JSON.stringify(counted));
  renameSync(`${file}.part`, file);
  return counted;
}

const versions = new Map<string, string>();

function versionOf(compiler: string): string {
  const known = versions.get(compiler);
  if (known !== undefined) return known;
  const version = execFileSync(compiler, ['-dumpfullversion'], { encoding: 'utf8' }).trim();
  versions.set(compiler, version);
  return version;
}
