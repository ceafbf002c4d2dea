import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { compileOnnx } from '@ghostc/compiler';
import { type Graph, isStatic, randomTensor } from '@ghostc/ir';
import { decodeModel, readOnnx } from '@ghostc/onnx';
import ort from 'onnxruntime-node';
import { exportedModels, type OnnxModel, onnxModels } from './onnx-models.ts';
import { type Peer, peerPython, peers, simplify } from './onnx-peers.ts';

/**
 * Our optimised ONNX against what onnxslim and onnxsim leave of the same model: node counts, and the CPU time of a run in ONNX
 * Runtime without its own graph optimisations, one thread, runs of all models taken in turns. Ratios are ours / theirs of
 * medians. Ours must have at most as many nodes as the peers and be at least as fast as they and the original, as the clock can tell: the
 * same bytes of ours in a second session give the ratio that two equal models have in this run.
 *
 *   npm run bench:onnx [-- --json] [-- NAME...]
 *   npm run bench:onnx [-- --json] -- FILE.onnx...
 *   npm run bench:onnx [-- --json] -- --exported [NAME...]
 *
 * --exported: networks of timm and ultralytics in place of the reference models; the first run brings PyTorch from PyPI.
 *
 * Files are any models, such as those that tools/exporters/export_models.py writes.
 */
const SECONDS = 4;
const MIN_ROUNDS = 25;
const MAX_ROUNDS = 2000;
/** A model that seems slower is timed again: chance goes, a difference stays. */
const ATTEMPTS = 3;

type Version = 'original' | 'ghostc' | 'again' | Peer;

interface Row {
  readonly model: string;
  readonly nodes: Readonly<Partial<Record<Version, number>>>;
  readonly milliseconds: Readonly<Partial<Record<Version, number>>>;
  /** Our time over theirs. */
  readonly ratios: Readonly<Partial<Record<Version, number>>>;
  /** Largest difference of our outputs from the original's, over the largest output. */
  readonly error: number;
  /** Peers that gave no model, and why. */
  readonly failed: Readonly<Partial<Record<Peer, string>>>;
  readonly problems: readonly string[];
}

const root = process.cwd();
const names = process.argv.slice(3).filter((arg) => !arg.startsWith('--'));
const json = process.argv.includes('--json');
const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-onnx-'));
process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
rmSync(folder, { recursive: true, force: true });

async function main(): Promise<number> {
  const python = peerPython(root);
  const rows: Row[] = [];
  if (!json) console.log(heading());
  for (const { name, bytes } of chosenModels()) {
    const row = await benchmark(name, bytes, python);
    rows.push(row);
    if (!json) console.log(line(row));
  }
  if (json) console.log(JSON.stringify(rows, null, 2));
  else
    for (const { model, problems } of rows)
      for (const problem of problems) console.log(`${model}: ${problem}`);
  return rows.some(({ problems }) => problems.length) ? 1 : 0;
}

function* chosenModels(): IterableIterator<OnnxModel> {
  const files = names.filter((name) => name.endsWith('.onnx'));
  for (const file of files) yield { name: basename(file, '.onnx'), bytes: readFileSync(file) };
  if (names.length && files.length === names.length) return;
  const models = process.argv.includes('--exported') ? exportedModels(root) : onnxModels(root);
  for (const model of models) if (!names.length || names.includes(model.name)) yield model;
}

async function benchmark(name: string, bytes: Uint8Array, python: string): Promise<Row> {
  const graph = readOnnx(bytes);
  const ours = compileOnnx(graph);
  const { models, failed } = peerModels(bytes, python);
  const all = new Map<Version, Uint8Array>([
    ['original', bytes],
    ['ghostc', ours],
    ['again', ours],
    ...models,
  ]);
  let row = { model: name, ...(await measure(all, feedsOf(graph))), failed };
  for (let i = 1; i < ATTEMPTS && slower(row).length; i++)
    row = { ...row, ...(await measure(all, feedsOf(graph))) };
  return { ...row, problems: problemsOf(row) };
}

async function measure(
  all: ReadonlyMap<Version, Uint8Array>,
  feeds: Feeds,
): Promise<Pick<Row, 'nodes' | 'milliseconds' | 'ratios' | 'error'>> {
  const { times, error } = await time(all, feeds);
  const nodes = record(all, (_, model) => decodeModel(model).graph?.node?.length ?? 0);
  const milliseconds = record(all, (version) => median(times.get(version) ?? []));
  const ratios = record(all, (version) =>
    round((milliseconds.ghostc ?? 0) / (milliseconds[version] ?? 0), 3),
  );
  return { nodes, milliseconds, ratios, error };
}

type Measured = Omit<Row, 'problems'>;

function problemsOf(row: Measured): string[] {
  const { nodes, error } = row;
  const larger = peers
    .filter((peer) => (nodes.ghostc ?? 0) > (nodes[peer] ?? Number.POSITIVE_INFINITY))
    .map((peer) => `${nodes.ghostc} nodes, ${peer} leaves ${nodes[peer]}`);
  return [...(error <= 1e-4 ? [] : [`differs from the original by ${error}`]), ...larger, ...slower(row)];
}

function slower({ ratios }: Measured): string[] {
  const noise = Math.abs(1 - (ratios.again ?? 1)) + 0.02;
  return (['original', ...peers] as const)
    .filter((peer) => (ratios[peer] ?? 0) > 1 + noise)
    .map(
      (peer) =>
        `takes ${ratios[peer]} of the time of ${peer}; equal models differ by ${round(noise, 3)} here`,
    );
}

function peerModels(
  bytes: Uint8Array,
  python: string,
): { models: [Peer, Uint8Array][]; failed: Row['failed'] } {
  const source = join(folder, 'source.onnx');
  writeFileSync(source, bytes);
  const models: [Peer, Uint8Array][] = [];
  const failed: Partial<Record<Peer, string>> = {};
  for (const peer of peers) {
    const target = join(folder, `${peer}.onnx`);
    rmSync(target, { force: true });
    const reason = simplify(root, peer, { python, source, target });
    if (reason === null) models.push([peer, readFileSync(target)]);
    else failed[peer] = reason;
  }
  return { models, failed };
}

type Feeds = Record<string, ort.Tensor>;

function feedsOf(graph: Graph): Feeds {
  return Object.fromEntries(
    graph.inputs.map(({ name, type }, i) => {
      const shape = type.shape.map((dim) => (isStatic(dim) ? dim : 1));
      const { data } = randomTensor({ ...type, shape }, i + 1);
      return [name, new ort.Tensor('float32', data as Float32Array, shape)];
    }),
  );
}

/** CPU milliseconds of single runs of each model, taken in turns, and how far ours is from the original. */
async function time(
  models: ReadonlyMap<Version, Uint8Array>,
  feeds: Feeds,
): Promise<{ times: Map<Version, number[]>; error: number }> {
  const options: ort.InferenceSession.SessionOptions = {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  const sessions = new Map<Version, ort.InferenceSession>();
  for (const [version, model] of models)
    sessions.set(version, await ort.InferenceSession.create(model, options));
  const error = await difference(sessions, feeds);
  for (let i = 0; i < 3; i++) for (const session of sessions.values()) await session.run(feeds);
  const times = new Map<Version, number[]>([...models.keys()].map((version) => [version, []]));
  const end = performance.now() + SECONDS * 1000;
  for (let i = 0; i < MAX_ROUNDS && (i < MIN_ROUNDS || performance.now() < end); i++)
    for (const [version, session] of rotated([...sessions], i)) {
      const start = process.cpuUsage();
      await session.run(feeds);
      const { user, system } = process.cpuUsage(start);
      times.get(version)?.push((user + system) / 1000);
    }
  for (const session of sessions.values()) await session.release();
  return { times, error };
}

async function difference(
  sessions: ReadonlyMap<Version, ort.InferenceSession>,
  feeds: Feeds,
): Promise<number> {
  const [want, got] = await Promise.all([
    sessions.get('original')?.run(feeds),
    sessions.get('ghostc')?.run(feeds),
  ]);
  if (!want || !got) return Number.NaN;
  return Math.max(
    ...Object.entries(want).map(([name, { data }]) =>
      relative(data as Float32Array, got[name]?.data as Float32Array),
    ),
  );
}

function relative(want: Float32Array, got: Float32Array): number {
  const largest = want.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return want.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (got[i] ?? Number.NaN))), 0) / largest;
}

function heading(): string {
  const columns = ['original', 'ghostc', ...peers].map((name) => name.padStart(9)).join('');
  const ratios = [...peers, 'itself'].map((name) => name.padStart(9)).join('');
  const groups = [columns.length, columns.length, ratios.length];
  const titles = ['nodes', 'CPU milliseconds', 'time of ghostc over'].map((title, i) =>
    title.padStart(groups[i] ?? 0),
  );
  return `${''.padEnd(28)}${titles.join('')}\n${''.padEnd(28)}${columns}${columns}${ratios}`;
}

function line({ model, nodes, milliseconds, ratios, failed }: Row): string {
  const versions: Version[] = ['original', 'ghostc', ...peers];
  const counts = versions.map((version) => String(nodes[version] ?? '-').padStart(9)).join('');
  const times = versions.map((version) => (milliseconds[version]?.toFixed(3) ?? '-').padStart(9)).join('');
  const compared = [...peers, 'again' as const].map((version) =>
    (ratios[version]?.toFixed(3) ?? '-').padStart(9),
  );
  const reasons = Object.entries(failed).map(([peer, reason]) => `  ${peer}: ${reason}`);
  return `${model.padEnd(28)}${counts}${times}${compared.join('')}${reasons.join('')}`;
}

function record<T>(
  all: ReadonlyMap<Version, Uint8Array>,
  of: (version: Version, model: Uint8Array) => T,
): Partial<Record<Version, T>> {
  return Object.fromEntries([...all].map(([version, model]) => [version, of(version, model)]));
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function median(values: readonly number[]): number {
  return round([...values].sort((a, b) => a - b)[values.length >> 1] ?? 0, 4);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
