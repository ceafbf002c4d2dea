import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { compileC, optimize, readModel } from '@ghostc/compiler';
import type { Graph } from '@ghostc/ir';
import { dataSetFiles } from '@ghostc/onnx';
import type { ZooModel } from './fetch-model.ts';
import { naturalInput } from './natural-input.ts';

/** `agrees`, `wrong`, or why it is refused, for each target. */
export interface ZooRow {
  readonly sha256: string;
  readonly nodes?: number;
  readonly arenaBytes?: number;
  readonly targets: Readonly<Record<string, string>>;
}

export const zooTargets = ['interpreter', 'onnx', 'c', 'wgsl'] as const;

/** Seconds that one target may take. */
const LIMIT = 120;

/** Reads a model and runs it on every target, each in a process of its own. */
export function tryModel(model: ZooModel, path: string, command: string): ZooRow {
  const { sha256 } = model;
  const bind = new Map(Object.entries(model.bind ?? {}));
  try {
    const graph = readModel(readFileSync(path), { file: basename(path), bind });
    const folder = mkdtempSync(join(tmpdir(), 'zoo-'));
    try {
      writeInputs(graph, model, folder);
      const targets = zooTargets.map((target) => [target, run({ command, path, folder, model }, target)]);
      return { sha256, nodes: graph.nodeCount, ...arenaOf(graph), targets: Object.fromEntries(targets) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  } catch (error) {
    return { sha256, targets: { read: reasonOf(error) } };
  }
}

function arenaOf(graph: Graph): { arenaBytes?: number } {
  try {
    return { arenaBytes: compileC(optimize(graph)).arenaBytes };
  } catch {
    return {};
  }
}

function writeInputs(graph: Graph, { input }: ZooModel, folder: string): void {
  const inputs = graph.inputs.map(({ type }) => naturalInput(type, input));
  mkdirSync(join(folder, 'test_data_set_0'));
  for (const [name, content] of dataSetFiles({ inputs, outputs: [] }))
    writeFileSync(join(folder, name), content);
}

interface Run {
  readonly command: string;
  readonly path: string;
  readonly folder: string;
  readonly model: ZooModel;
}

function run({ command, path, folder, model }: Run, target: string): string {
  const sizes = Object.entries(model.bind ?? {}).flatMap(([name, size]) => ['--bind', `${name}=${size}`]);
  const args = [
    command,
    'verify',
    path,
    '--data',
    folder,
    '--targets',
    target,
    '--any-work',
    '--json',
    ...sizes,
  ];
  const { stdout, stderr, error } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 1000 * LIMIT,
  });
  if (error) return `not done in ${LIMIT} s`;
  try {
    const [row] = JSON.parse(stdout).targets as { status: string; message?: string }[];
    if (row?.status === 'pass') return 'agrees';
    return row?.status === 'error' ? reasonOf(row.message) : 'wrong';
  } catch {
    return reasonOf(stderr);
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').slice(0, 160);
}
