import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { compileC, optimize, readModel } from '@ghostc/compiler';
import { type Graph, messageOf } from '@ghostc/ir';
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

/** What to run, and the seconds that it may take. */
export interface ZooTool {
  readonly command: string;
  readonly limit: number;
}

/** Reads a model; no target is tried. */
export function readOnly(model: ZooModel, path: string): ZooRow {
  const { sha256 } = model;
  try {
    return { sha256, nodes: readZooModel(model, path).nodeCount, targets: {} };
  } catch (error) {
    return { sha256, targets: { read: reasonOf(error) } };
  }
}

function readZooModel({ bind = {} }: ZooModel, path: string): Graph {
  return readModel(readFileSync(path), { file: basename(path), bind: new Map(Object.entries(bind)) });
}

/** Reads a model and runs it on every target, in a process of its own. */
export function tryModel(model: ZooModel, path: string, tool: ZooTool): ZooRow {
  const { sha256 } = model;
  try {
    const graph = readZooModel(model, path);
    const folder = mkdtempSync(join(tmpdir(), 'zoo-'));
    try {
      writeInputs(graph, model, folder);
      const targets = run({ ...tool, path, folder, model });
      return { sha256, nodes: graph.nodeCount, ...arenaOf(graph), targets };
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

interface Run extends ZooTool {
  readonly path: string;
  readonly folder: string;
  readonly model: ZooModel;
}

interface Verdict {
  readonly target: string;
  readonly status: string;
  readonly message?: string;
}

function run({ command, limit, path, folder, model }: Run): Record<string, string> {
  const sizes = Object.entries(model.bind ?? {}).flatMap(([name, size]) => ['--bind', `${name}=${size}`]);
  const how = ['--data', folder, '--targets', zooTargets.join(','), '--any-work', '--json'];
  const options = { encoding: 'utf8', timeout: 1000 * limit, maxBuffer: 2 ** 28 } as const;
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    [command, 'verify', path, ...how, ...sizes],
    options,
  );
  const all = (result: string): Record<string, string> =>
    Object.fromEntries(zooTargets.map((target) => [target, result]));
  if (error) return all(`not done in ${limit} s`);
  try {
    const { targets } = JSON.parse(stdout) as { targets: Verdict[] };
    return Object.fromEntries(targets.map((one) => [one.target, resultOf(one)]));
  } catch {
    return all(reasonOf(stderr));
  }
}

function resultOf({ status, message }: Verdict): string {
  if (status === 'pass') return 'agrees';
  if (status === 'fail') return 'wrong';
  return `${status === 'unclear' ? 'not told: ' : ''}${reasonOf(message)}`;
}

function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return (text.split('\n')[0] ?? '').slice(0, 160);
}
