import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileOnnx, compileWgsl } from '@ghostc/compiler';
import { buildFromSpec } from '@ghostc/ghostnet';
import { type Graph, randomTensor } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { graphMacs } from '@ghostc/ops';
import { bundleForWeb, openBrowser, type Route } from '@ghostc/runtimes';
import type { BenchPage } from './bench-webgpu-page.ts';

const help = `npm run bench:webgpu -- [--model FILE] [--rounds N] [--json]

Our WebGPU program and onnxruntime-web's WebGPU backend in one page of headless Chromium, on one adapter, in one run:
dispatches, submits and buffers of an inference (counted by wrapping WebGPU), first run (download, compile, upload, run),
steady state (medians of interleaved rounds), GPU memory. GhostNet 1.0x at 224 unless a model is given.`;

const targets = { dispatches: 80, submits: 1, buffers: 0, steady: 10, first: 5, gflops: 1 };

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
  const program = compileWgsl(graph);
  const { manifest, weights } = program;
  const input = randomTensor(graph.inputs[0]?.type as Parameters<typeof randomTensor>[0], 1)
    .data as Float32Array;
  const files = new Map<string, Uint8Array | string>([
    ['/', '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>'],
    ['/page.js', await bundleForWeb(join(import.meta.dirname, '../../tools/bench-webgpu-page.ts'))],
    ['/manifest.json', JSON.stringify(manifest)],
    ['/weights.bin', weights],
    ['/model.onnx', onnx],
    ['/input.bin', new Uint8Array(input.buffer)],
  ]);
  const { page, close } = await openBrowser(routeOf(files), '/index.html');
  try {
    await page.waitForFunction('globalThis.bench');
    const adapter = await page.evaluate(() =>
      (globalThis as unknown as { bench: BenchPage }).bench.prepare(),
    );
    const names = ['ghostc', 'onnxruntime-web'];
    const results: Record<string, Result> = {};
    for (const name of names)
      results[name] = (await page.evaluate(
        (n) => (globalThis as unknown as { bench: BenchPage }).bench.first(n),
        name,
      )) as Result;
    const times: Record<string, number[]> = { ghostc: [], 'onnxruntime-web': [] };
    for (let round = 0; round < Number(values.rounds); round++)
      for (const name of names)
        times[name]?.push(
          await page.evaluate((n) => (globalThis as unknown as { bench: BenchPage }).bench.time(n), name),
        );
    report({ source, adapter, macs: graphMacs(graph), manifest, results, times });
  } finally {
    await close();
  }
}

interface Report {
  readonly source: string;
  readonly adapter: object;
  readonly macs: number;
  readonly manifest: {
    readonly arenaBytes: number;
    readonly outputs: readonly { readonly bytes: number }[];
    readonly weightBytes: number;
  };
  readonly results: Readonly<Record<string, Result>>;
  readonly times: Readonly<Record<string, readonly number[]>>;
}

function report({ source, adapter, macs, manifest, results, times }: Report): void {
  const [ours, theirs] = ['ghostc', 'onnxruntime-web'].map((name) => ({
    ...(results[name] as Result),
    median: median(times[name] ?? []),
  })) as [Result & { median: number }, Result & { median: number }];
  const largest = Math.max(...theirs.output.map(Math.abs));
  const difference =
    Math.max(...theirs.output.map((v, i) => Math.abs(v - (ours.output[i] ?? Number.NaN)))) / largest;
  const summary = {
    model: source,
    adapter,
    macs,
    planned: {
      arenaBytes: manifest.arenaBytes,
      outputBytes: manifest.outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    ghostc: numbersOf(ours, macs, manifest.weightBytes),
    'onnxruntime-web': numbersOf(theirs, macs, manifest.weightBytes),
    ratios: { steady: round(theirs.median / ours.median), first: round(theirs.firstRun / ours.firstRun) },
    difference,
    targets,
  };
  const gflops = summary.ghostc.gflops;
  const met = {
    dispatches: ours.dispatches <= targets.dispatches,
    submits: ours.submits <= targets.submits,
    buffers: ours.buffers <= targets.buffers,
    steady: summary.ratios.steady >= targets.steady,
    first: summary.ratios.first >= targets.first,
    gflops: gflops >= targets.gflops,
    agreement: difference < 1e-4,
  };
  if (values.json) console.log(JSON.stringify({ ...summary, met }, null, 2));
  else printTable(summary, met);
  process.exitCode = met.agreement && met.dispatches && met.submits && met.buffers ? 0 : 1;
}

function numbersOf(result: Result & { readonly median: number }, macs: number, weightBytes: number) {
  const { firstRun, dispatches, submits, buffers, peakBytes, median: milliseconds } = result;
  return {
    dispatches,
    submits,
    buffers,
    firstRunMs: round(firstRun),
    medianMs: round(milliseconds),
    gflops: round((2 * macs) / milliseconds / 1e6),
    peakBytesBeyondWeights: peakBytes - weightBytes,
  };
}

function printTable(
  summary: {
    readonly ghostc: object;
    readonly 'onnxruntime-web': object;
    readonly ratios: object;
    readonly model: string;
    readonly adapter: object;
    readonly planned: object;
    readonly difference: number;
  },
  met: Readonly<Record<string, boolean>>,
): void {
  console.log(`${summary.model} on ${JSON.stringify(summary.adapter)}`);
  console.table({ ghostc: summary.ghostc, 'onnxruntime-web': summary['onnxruntime-web'] });
  console.log(
    'planned',
    summary.planned,
    'ratios',
    summary.ratios,
    'relative difference',
    summary.difference,
  );
  for (const [what, good] of Object.entries(met))
    console.log(`${good ? 'met   ' : 'MISSED'} ${what} ${(targets as Record<string, number>)[what] ?? ''}`);
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

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
