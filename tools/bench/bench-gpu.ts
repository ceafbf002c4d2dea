import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CompileWgslOptions, compileWgsl, lowerForKernels, optimize } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import type { Graph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { quantize } from '@ghostc/quant';
import { dawnDevice, median } from '@ghostc/runtimes';
import {
  type AdapterKind,
  adapterName,
  adapterOf,
  createSession,
  type Dispatch,
  type DispatchTime,
  type WgslManifest,
  type WgslProgram,
} from '@ghostc/wgsl-runtime';
import { few, type GpuFigures, gpuFigures } from './gpu-figures.ts';

const help = `npm run bench:gpu -- [--filter TEXT] [--model FILE] [--time] [--rounds N] [--json]

How the WGSL programs suit a GPU: dispatches, dependent additions of the longest invocations (chain), and the part of the
multiply-accumulates in dispatches of fewer than ${few} invocations; of the dispatches for software adapters and of those for GPUs.
With --time, on this machine's adapter by Dawn: milliseconds of an inference in either shape, f32, f16 and int8, and the slowest
dispatches. Exit code 1 when GhostNet V1 1.0x misses its limits: a chain of 8,000, 10 % of the multiply-accumulates.

Examples:
  npm run bench:gpu
  npm run bench:gpu -- --filter V1 --time
  npm run bench:gpu -- --model net.onnx --json`;

const limits = { chain: 8000, inFew: 0.1 };

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    model: { type: 'string' },
    time: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  args: process.argv.slice(3),
});

interface Row {
  readonly model: string;
  readonly program: 'f32' | 'f16' | 'int8';
  readonly shape: AdapterKind;
  readonly dispatches: number;
  /** Of float programs. */
  readonly figures?: GpuFigures;
  readonly milliseconds?: number;
  readonly slowest?: readonly DispatchTime[];
}

if (values.help) console.log(help);
else await main();

async function main(): Promise<void> {
  const device = values.time ? await dawnDevice() : undefined;
  if (device && !values.json) console.log(`${adapterName(device.adapterInfo)}, as ${adapterOf(device)}`);
  const rows: Row[] = [];
  for (const [model, load] of models()) {
    const graph = load();
    for (const [program, compiled] of programsOf(graph))
      for (const shape of ['software', 'gpu'] as const) {
        const row = await rowOf(compiled, { model, program, shape, device, graph });
        rows.push(row);
        if (!values.json) print(row);
      }
  }
  device?.destroy();
  const missed = rows.filter(({ model, shape, figures }) =>
    Boolean(
      model === 'GhostNet V1 1.0x' &&
        shape === 'gpu' &&
        figures &&
        (figures.chain > limits.chain || figures.inFew > limits.inFew),
    ),
  );
  if (values.json)
    console.log(
      JSON.stringify({ adapter: device && adapterName(device.adapterInfo), limits, rows }, null, 2),
    );
  process.exitCode = missed.length ? 1 : 0;
}

function models(): [string, () => Graph][] {
  const { model, filter } = values;
  if (model) return [[model, () => readOnnx(readFileSync(model), { file: model })]];
  const fmnist = join(import.meta.dirname, '../../test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx');
  const all: [string, () => Graph][] = [
    ['GhostNet V1 1.0x', () => buildFromSpec('ghostnet:1.0', { seed: 1 })],
    ['GhostNet V2 1.0x', () => buildFromSpec('ghostnetv2:1.0', { seed: 1 })],
    ['ghost_fmnist', () => readOnnx(readFileSync(fmnist), { file: fmnist })],
    ['RepGhostNet 1.0x', () => buildFromSpec('repghostnet:1.0', { seed: 1 })],
  ];
  return all.filter(([name]) => name.toLowerCase().includes(filter.toLowerCase()));
}

function programsOf(graph: Graph): [Row['program'], WgslProgram<Uint8Array>][] {
  const float = (options: CompileWgslOptions = {}) => compileWgsl(graph, options);
  const lowered = lowerForKernels(optimize(graph));
  const int8 = quantize(lowered, [{ name: 'seed 1', inputs: seededInputs(lowered, 1) }]).graph;
  return [
    ['f32', float()],
    ...(values.time
      ? [['f16', float({ matrices: 'f16' })] as [Row['program'], WgslProgram<Uint8Array>]]
      : []),
    ['int8', compileWgsl(int8)],
  ];
}

interface Task extends Pick<Row, 'model' | 'program' | 'shape'> {
  readonly device: GPUDevice | undefined;
  readonly graph: Graph;
}

async function rowOf(compiled: WgslProgram<Uint8Array>, task: Task): Promise<Row> {
  const { model, program, shape, device, graph } = task;
  const { manifest } = compiled;
  const list = listOf(manifest, shape);
  const row = {
    ...{ model, program, shape, dispatches: list.length },
    ...(program !== 'int8' && { figures: gpuFigures(manifest, list) }),
  };
  return device ? { ...row, ...(await timed(compiled, { device, shape, graph })) } : row;
}

function listOf({ dispatches, gpuDispatches }: WgslManifest, shape: AdapterKind): readonly Dispatch[] {
  return (shape === 'gpu' && gpuDispatches) || dispatches;
}

async function timed(
  program: WgslProgram<Uint8Array>,
  { device, shape, graph }: { device: GPUDevice; shape: AdapterKind; graph: Graph },
): Promise<Pick<Row, 'milliseconds' | 'slowest'>> {
  const session = await createSession(device, program, { adapter: shape });
  const inputs = Object.fromEntries(
    [...seededInputs(graph, 1)].map(([name, { data }]) => [name, data as Float32Array]),
  );
  await session.run(inputs);
  const times: number[] = [];
  for (let i = 0; i < Number(values.rounds); i++) {
    const start = performance.now();
    await session.run(inputs);
    times.push(performance.now() - start);
  }
  const dispatches = device.features.has('timestamp-query') ? await session.profile(inputs) : [];
  session.dispose();
  const slowest = [...dispatches].sort((a, b) => b.nanoseconds - a.nanoseconds).slice(0, 5);
  return { milliseconds: median(times), slowest };
}

function print({ model, program, shape, dispatches, figures, milliseconds, slowest = [] }: Row): void {
  const shown = [
    model.padEnd(18),
    program.padEnd(5),
    `for ${shape}`.padEnd(13),
    `${dispatches} dispatches`.padStart(15),
    ...(figures
      ? [
          `chain ${figures.chain}`.padStart(13),
          `${(100 * figures.inFew).toFixed(1)} % of MACs in few`.padStart(26),
        ]
      : []),
    ...(milliseconds === undefined ? [] : [`${milliseconds.toFixed(2)} ms`.padStart(12)]),
  ];
  console.log(shown.join(' '));
  for (const { label, nanoseconds } of slowest)
    console.log(`    ${(nanoseconds / 1000).toFixed(0).padStart(7)} us  ${label.slice(0, 100)}`);
}
