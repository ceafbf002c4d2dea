import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileOnnx, compileWgsl, lowerForKernels, optimize } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { dataOf, type Graph, itemAt, randomTensor, staticShape } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { graphMacs } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { type BrowserPage, bundleForWeb, openBrowser, type Route } from '@ghostc/runtimes';
import type { WgslManifest } from '@ghostc/wgsl-runtime';
import type { BenchPage } from './bench-webgpu-page.ts';

const help = `npm run bench:webgpu -- [--model FILE] [--rounds N] [--json]

Our WebGPU program and onnxruntime-web's WebGPU backend in one page of headless Chromium, on one adapter, in one run:
dispatches, submits and buffers of an inference (counted by wrapping WebGPU), first run (download, compile, upload, run),
steady state (medians of interleaved rounds), GPU memory; our int8 program beside them, with dot4I8Packed and without. GhostNet
1.0x at 224 unless a model is given. Exit code 1 when a limit is missed.

Examples:
  npm run bench:webgpu
  npm run bench:webgpu -- --model mobile.onnx --rounds 9 --json`;

const limits = { dispatches: 80, submits: 1, buffers: 0, steady: 10, first: 5, gflops: 1, difference: 1e-4 };
/** Of these more is better; of the others less. */
const atLeast: readonly string[] = ['steady', 'first', 'gflops'];
const names = ['ghostc', 'onnxruntime-web', 'ghostc int8', 'ghostc int8, no dot4'] as const;
type Name = (typeof names)[number];

interface Result {
  readonly firstRun: number;
  readonly dispatches: number;
  readonly submits: number;
  readonly buffers: number;
  readonly peakBytes: number;
  readonly output: readonly number[];
}

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  args: process.argv.slice(3),
});
if (values.help) console.log(help);
else await main();

async function main(): Promise<void> {
  const { graph, onnx, source } = loadModel();
  const programs = { f32: compileWgsl(graph), int8: compileWgsl(quantized(graph)) };
  const shape = staticShape(itemAt(graph.inputs, 0).type.shape);
  const input = dataOf(randomTensor({ dtype: 'f32', shape }, 1), 'f32');
  const files = new Map<string, Uint8Array | string>([
    ['/', '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>'],
    ['/page.js', await bundleForWeb(join(import.meta.dirname, '../../tools/bench/bench-webgpu-page.ts'))],
    ['/model.onnx', onnx],
    ['/input.bin', new Uint8Array(input.buffer)],
    ...Object.entries(programs).flatMap(([name, { manifest, weights }]): [string, Uint8Array | string][] => [
      [`/${name}/manifest.json`, JSON.stringify(manifest)],
      [`/${name}/weights.bin`, weights],
    ]),
  ]);
  const browser = await openBrowser(routeOf(files), '/index.html');
  try {
    report({
      source,
      macs: graphMacs(graph),
      weightBytes: { f32: programs.f32.manifest.weightBytes, int8: programs.int8.manifest.weightBytes },
      plannedBytes: plannedBytes(programs.f32.manifest),
      ...(await race(browser)),
    });
  } finally {
    await browser.close();
  }
}

/** The quantised model with float inputs and outputs. */
function quantized(graph: Graph): Graph {
  const float = lowerForKernels(optimize(graph));
  return quantize(float, [{ name: 'seed 1', inputs: seededInputs(float, 1) }]).graph;
}

/** The planner's arena of floats, and inputs and outputs beside it: copies of them are what a run may need in addition. */
function plannedBytes({ arenaBytes, inputs, outputs }: WgslManifest): number {
  return [...inputs, ...outputs].reduce((sum, { bytes }) => sum + bytes, arenaBytes);
}

interface Race {
  readonly adapter: object;
  readonly results: Readonly<Record<Name, Result>>;
  readonly times: Readonly<Record<Name, readonly number[]>>;
}

async function race({ page }: BrowserPage): Promise<Race> {
  await page.waitForFunction('globalThis.bench');
  const bench = <T>(method: keyof BenchPage, name = ''): Promise<T> =>
    page.evaluate(({ call, who }) => Reflect.get(globalThis, 'bench')[call](who), {
      call: method,
      who: name,
    });
  const adapter = await bench<object>('prepare');
  const results = {} as Record<Name, Result>;
  for (const name of names) results[name] = await bench('first', name);
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < Number(values.rounds); round++)
    for (const name of names) times[name].push(await bench('time', name));
  return { adapter, results, times };
}

interface Report extends Race {
  readonly source: string;
  readonly macs: number;
  readonly weightBytes: { readonly f32: number; readonly int8: number };
  readonly plannedBytes: number;
}

function report({ source, adapter, macs, weightBytes, plannedBytes: planned, results, times }: Report): void {
  const median = (name: Name): number => medianOf(times[name]);
  const rows = Object.fromEntries(
    names.map((name) => {
      const weights = weightBytes[name.includes('int8') ? 'int8' : 'f32'];
      return [name, rowOf(results[name], { macs, weights, milliseconds: median(name) })];
    }),
  );
  const ratios = {
    steady: round(median('onnxruntime-web') / median('ghostc')),
    first: round(results['onnxruntime-web'].firstRun / results.ghostc.firstRun),
    int8: round(median('ghostc') / median('ghostc int8')),
    dot4: round(median('ghostc int8, no dot4') / median('ghostc int8')),
  };
  const { dispatches, submits, buffers, peakBytes } = results.ghostc;
  const found = {
    dispatches,
    submits,
    buffers,
    steady: ratios.steady,
    first: ratios.first,
    gflops: rows.ghostc?.gflops ?? 0,
    bytesBeyondWeights: peakBytes - weightBytes.f32,
    difference: relativeDifference(results.ghostc.output, results['onnxruntime-web'].output),
    int8Difference: relativeDifference(results['ghostc int8'].output, results['ghostc int8, no dot4'].output),
  };
  const checks = checked(found, { ...limits, bytesBeyondWeights: planned, int8Difference: 0 });
  if (values.json)
    console.log(JSON.stringify({ model: source, adapter, macs, rows, ratios, checks }, null, 2));
  else {
    console.log(`${source} on ${JSON.stringify(adapter)}`);
    console.table(rows);
    console.log('ratios', ratios);
    console.table(checks);
  }
  process.exitCode = Object.values(checks).every(({ met }) => met) ? 0 : 1;
}

function checked(found: Readonly<Record<string, number>>, bounds: Readonly<Record<string, number>>) {
  return Object.fromEntries(
    Object.entries(found).map(([name, value]) => {
      const limit = bounds[name] ?? Number.NaN;
      return [name, { found: value, limit, met: atLeast.includes(name) ? value >= limit : value <= limit }];
    }),
  );
}

interface Costs {
  readonly macs: number;
  readonly weights: number;
  readonly milliseconds: number;
}

function rowOf(result: Result, { macs, weights, milliseconds }: Costs) {
  const { firstRun, dispatches, submits, buffers, peakBytes } = result;
  return {
    dispatches,
    submits,
    buffers,
    firstRunMs: round(firstRun),
    medianMs: round(milliseconds),
    gflops: round((2 * macs) / milliseconds / 1e6),
    peakBytesBeyondWeights: peakBytes - weights,
  };
}

function relativeDifference(ours: readonly number[], theirs: readonly number[]): number {
  const largest = Math.max(...theirs.map(Math.abs));
  return Math.max(...theirs.map((v, i) => Math.abs(v - (ours[i] ?? Number.NaN)))) / largest;
}

function loadModel(): { readonly graph: Graph; readonly onnx: Uint8Array; readonly source: string } {
  const shared = join(import.meta.dirname, '../../../shared/models/ghostnet_v1_100_224/model.onnx');
  const file = values.model ?? (existsSync(shared) ? shared : undefined);
  if (file) {
    const onnx = readFileSync(file);
    return { graph: readOnnx(onnx, { file }), onnx, source: file };
  }
  const graph = buildFromSpec('ghostnet:1.0', { seed: 1 });
  return { graph, onnx: compileOnnx(graph), source: 'ghostnet:1.0, seeded weights' };
}

function routeOf(files: ReadonlyMap<string, Uint8Array | string>): Route {
  const ort = join(import.meta.dirname, '../../node_modules/onnxruntime-web/dist');
  return (path) => {
    if (path === '/index.html') return files.get('/');
    const name = /^\/ort\/([\w.-]+)$/.exec(path)?.[1];
    return name && existsSync(join(ort, name)) ? readFileSync(join(ort, name)) : files.get(path);
  };
}

function medianOf(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
