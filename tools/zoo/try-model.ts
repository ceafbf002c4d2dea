import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { compileC, optimize, readModel } from '@ghostc/compiler';
import { type Graph, messageOf, type Tensor } from '@ghostc/ir';
import { dataSetFiles } from '@ghostc/onnx';
import { driverText, enginesScript, netHeader, type Racer, race } from '../bench/host/racers.ts';
import type { ZooModel as PackagedModel } from './fetch-model.ts';
import { naturalInput } from './natural-input.ts';

/** A model, wherever it comes from. */
type ZooModel = Omit<PackagedModel, 'package' | 'file'>;

/** `agrees`, `wrong`, or why it is refused, for each target. */
export interface ZooRow {
  readonly sha256: string;
  readonly nodes?: number;
  readonly arenaBytes?: number;
  readonly targets: Readonly<Record<string, string>>;
  /** Processor time of a run of the C program over that of ONNX Runtime, or of LiteRT, with one thread. */
  readonly time?: number;
}

/** Packages of the Python that the engines run in. */
export const zooPeers = ['onnxruntime==1.32.0', 'ai-edge-litert==2.3.0', 'numpy'];

export const zooTargets = ['interpreter', 'onnx', 'c', 'wgsl', 'int8'] as const;

/** What to run, and the seconds that a step of it may take. */
export interface ZooTool {
  readonly command: string;
  /** With ONNX Runtime and LiteRT. */
  readonly python: string;
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

/** Reads a model and runs it on every target, in a separate process. */
export async function tryModel(model: ZooModel, path: string, tool: ZooTool): Promise<ZooRow> {
  const { sha256 } = model;
  try {
    const graph = readZooModel(model, path);
    const folder = mkdtempSync(join(tmpdir(), 'zoo-'));
    try {
      writeInputs(graph, model, folder);
      const one: Run = { ...tool, path, folder, model };
      const found = onTargets(one);
      const targets = { ...found, int8: isInteger(graph) ? (found.c ?? '') : asInt8(one) };
      return { sha256, nodes: graph.nodeCount, ...arenaOf(graph), targets, ...(await timed(one, graph)) };
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

function onTargets({ path, folder, ...tool }: Run): Record<string, string> {
  const float = zooTargets.filter((target) => target !== 'int8');
  const all = (result: string): Record<string, string> =>
    Object.fromEntries(float.map((target) => [target, result]));
  try {
    const verdicts = verified({ ...tool, folder, path }, float, sizesOf(tool));
    return Object.fromEntries(verdicts.map((one) => [one.target, resultOf(one)]));
  } catch (error) {
    return all(reasonOf(error));
  }
}

/** Whether the model is quantised as it comes. */
function isInteger(graph: Graph): boolean {
  return [...graph.nodes()].some(({ output }) => output.type.quant);
}

/** Calibrated on the same input, and in C compared with the interpreter's integers. */
function asInt8({ path, folder, ...tool }: Run): string {
  const out = join(folder, 'int8.gir');
  try {
    ghostc(tool, ['quantize', path, '--calibration', folder, '--any-work', '--out', out, ...sizesOf(tool)]);
    const [verdict] = verified({ ...tool, folder, path: out }, ['c'], []);
    return verdict ? resultOf(verdict) : 'not told';
  } catch (error) {
    return reasonOf(error);
  }
}

function verified(
  { path, folder, ...tool }: Run,
  targets: readonly string[],
  sizes: readonly string[],
): Verdict[] {
  const how = ['--data', folder, '--targets', targets.join(','), '--any-work', '--json'];
  const stdout = ghostc(tool, ['verify', path, ...how, ...sizes]);
  return (JSON.parse(stdout) as { targets: Verdict[] }).targets;
}

/** Throws `not done in`, or what it said where it printed nothing. */
function ghostc({ command, limit }: Pick<Run, 'command' | 'limit'>, args: readonly string[]): string {
  const options = { encoding: 'utf8', timeout: 1000 * limit, maxBuffer: 2 ** 28 } as const;
  const { stdout, stderr, status, error } = spawnSync(process.execPath, [command, ...args], options);
  if (error) throw new Error(`not done in ${limit} s`);
  if (status !== 0 && stdout === '') throw new Error(stderr);
  return stdout;
}

function sizesOf({ model }: Pick<Run, 'model'>): string[] {
  return Object.entries(model.bind ?? {}).flatMap(([name, size]) => ['--bind', `${name}=${size}`]);
}

const numpyTypes: Readonly<Record<string, string>> = {
  f32: 'float32',
  i8: 'int8',
  u8: 'uint8',
  i32: 'int32',
  i64: 'int64',
};

/** Nothing where C or the engine does not run it. */
async function timed({ path, folder, model, ...tool }: Run, graph: Graph): Promise<{ time?: number }> {
  const file = (name: string): string => join(folder, name);
  try {
    const out = ['--target', 'c', '--name', 'net', '--weights', 'bin', '--out', folder];
    ghostc(tool, ['compile', path, ...out, ...sizesOf({ model })]);
    const header = netHeader(readFileSync(file('net.h'), 'utf8'));
    const types = header.stated.map(({ type }) => numpyTypes[type]);
    if (types.length !== graph.inputs.length || types.includes(undefined)) return {};
    const inputs = graph.inputs.map(({ type }) => bytesOf(naturalInput(type, model.input)));
    writeFileSync(file('input'), Buffer.concat(inputs));
    writeFileSync(file('main.c'), driverText(header));
    const build = ['-O3', '-march=native', '-w', 'main.c', 'net.c', 'net_weights.S', '-lm', '-o', 'net'];
    execFileSync('cc', build, { cwd: folder, timeout: 1000 * tool.limit });
    const shapes = header.stated.map(({ shape }) => shape.join('x')).join(',');
    const values = Object.entries(model.bind ?? {}).map(([name, value]) => `${name}=${value}`);
    const engine = path.endsWith('.onnx') ? 'onnxruntime' : 'litert';
    const own: Racer = {
      name: 'ghostc',
      command: file('net'),
      args: [file('input'), file('out')],
      output: file('out'),
    };
    const how = [file('input'), shapes, types.join(','), file('out-peer'), ...values];
    const peer: Racer = {
      name: engine,
      command: tool.python,
      args: [enginesScript(process.cwd()), engine, path, ...how],
      output: file('out-peer'),
    };
    const [ours, theirs] = await race([own, peer]);
    return ours && theirs ? { time: ours.milliseconds / theirs.milliseconds } : {};
  } catch (error) {
    console.error(`  no time: ${reasonOf(error)}`);
    return {};
  }
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
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
