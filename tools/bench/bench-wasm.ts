import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { compileFiles, compileOnnx, lowerForKernels, type OutputFiles, optimize } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import type { Graph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { quantize } from '@ghostc/quant';
import { bundleForWeb, openBrowser, type Route, serveLocally, wasmModule } from '@ghostc/runtimes';
import { contestants, type Race, type RaceOptions, race } from './bench-wasm-race.ts';

const help = `npm run bench:wasm -- [--model FILE] [--rounds N] [--json]

Our WebAssembly and onnxruntime-web's, one thread each, float and int8 (the same QDQ model for both), in turn in one run: in
Node, then in a page of headless Chromium. First answer (download, compile, run), least and median time, ratios, and the size
of our code, gzipped. GhostNet 1.0x at 224 unless a model is given. Exit code 1 when a limit is missed.

Examples:
  npm run bench:wasm
  npm run bench:wasm -- --model mobile.onnx --rounds 20 --json`;

const limits = {
  float: 3.5,
  int8: 2,
  pageMilliseconds: 60,
  pageFirst: 500,
  gzippedBytes: 20_480,
  difference: 1e-4,
};
const atLeast: readonly string[] = ['float', 'int8'];

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  args: process.argv.slice(3),
});
type Files = ReadonlyMap<string, Uint8Array | string>;

const ortFolder = join(import.meta.dirname, '../../node_modules/onnxruntime-web/dist');
const rounds = Number(values.rounds);

if (values.help) console.log(help);
else await main();

async function main(): Promise<void> {
  const { graph, source } = loadModel();
  const float = lowerForKernels(optimize(graph));
  const int8 = quantize(float, [{ name: 'seed 1', inputs: seededInputs(float, 1) }]).graph;
  const packages = { f32: await packageOf(graph), int8: await packageOf(int8) };
  const files = new Map<string, Uint8Array | string>([
    ['/index.html', '<!doctype html><title>bench</title>'],
    ['/race.js', await bundleForWeb(join(import.meta.dirname, '../../tools/bench/bench-wasm-race.ts'))],
    ['/f32.onnx', compileOnnx(graph)],
    ['/int8.onnx', compileOnnx(int8)],
    ...Object.entries(packages).flatMap(([folder, content]) =>
      [...content].map(([name, data]): [string, Uint8Array | string] => [`/${folder}/${name}`, data]),
    ),
  ]);
  report(source, {
    page: await inPage(files), // first: this process serves it
    node: await inNode(files),
    gzippedBytes: gzippedBytes(packages.f32),
  });
}

async function packageOf(graph: Graph): Promise<OutputFiles> {
  const bundle = join(import.meta.dirname, '../../packages/wgsl-runtime/src/bundles/wasm.ts');
  const runtime = await bundleForWeb(bundle, { minify: true });
  return compileFiles(graph, 'wasm', { name: 'net', runtime, buildWasm: wasmModule });
}

/** What a page loads beside the weights. */
function gzippedBytes(files: OutputFiles): number {
  const code = ['net.js', 'net.wasm', 'ghostc-wasm-runtime.js'].map((name) => files.get(name) ?? '');
  return code.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).byteLength, 0);
}

async function inNode(files: Files): Promise<Race> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-'));
  const server = await serveLocally((path) => files.get(path));
  try {
    for (const [name, content] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const ort = pathToFileURL(join(ortFolder, 'ort.node.min.mjs')).href;
    return await race({ packages: pathToFileURL(folder).href, models: server.origin, ort, rounds });
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inPage(files: Files): Promise<Race> {
  const route: Route = (path) => {
    const name = /^\/ort\/([\w.-]+)$/.exec(path)?.[1];
    return name && existsSync(join(ortFolder, name)) ? readFileSync(join(ortFolder, name)) : files.get(path);
  };
  const { page, origin, close } = await openBrowser(route, '/index.html');
  try {
    const options: RaceOptions = {
      packages: origin,
      models: origin,
      ort: `${origin}/ort/ort.wasm.min.mjs`,
      ortFiles: `${origin}/ort/`,
      rounds,
    };
    return (await page.evaluate(
      `import('/race.js').then(({ race }) => race(${JSON.stringify(options)}))`,
    )) as Race;
  } finally {
    await close();
  }
}

interface Report {
  readonly node: Race;
  readonly page: Race;
  readonly gzippedBytes: number;
}

function report(source: string, { node, page, gzippedBytes: bytes }: Report): void {
  const found = {
    float: Math.min(...[node, page].map((one) => ratio(one, 'f32'))),
    int8: Math.min(...[node, page].map((one) => ratio(one, 'int8'))),
    pageMilliseconds: page['ghostc f32'].least,
    pageFirst: page['ghostc f32'].first,
    gzippedBytes: bytes,
    difference: Math.max(node.difference, page.difference),
  };
  const checks = Object.entries(found).map(([name, value]) => {
    const limit = limits[name as keyof typeof limits];
    return { name, found: value, limit, met: atLeast.includes(name) ? value >= limit : value <= limit };
  });
  if (values.json) console.log(JSON.stringify({ model: source, node, page, checks }, null, 2));
  else {
    console.log(source);
    for (const [where, one] of Object.entries({ node, page })) {
      console.log(
        `${where}: float ${ratio(one, 'f32').toFixed(2)}, int8 ${ratio(one, 'int8').toFixed(2)} times as fast`,
      );
      console.table(Object.fromEntries(contestants.map((name) => [name, one[name]])));
    }
    console.table(checks);
  }
  process.exitCode = checks.every(({ met }) => met) ? 0 : 1;
}

/** How often ours runs in the time of theirs, by the least times. */
function ratio(one: Race, type: 'f32' | 'int8'): number {
  return one[`ort-web ${type}`].least / one[`ghostc ${type}`].least;
}

function loadModel(): { readonly graph: Graph; readonly source: string } {
  const shared = join(import.meta.dirname, '../../../shared/models/ghostnet_v1_100_224/model.onnx');
  const file = values.model ?? (existsSync(shared) ? shared : undefined);
  if (file) return { graph: readOnnx(readFileSync(file), { file }), source: file };
  return { graph: buildFromSpec('ghostnet:1.0', { seed: 1 }), source: 'ghostnet:1.0, seeded weights' };
}
