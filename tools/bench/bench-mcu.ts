import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type CompileCOptions,
  compileC,
  type IoForm,
  lowerForKernels,
  optimize,
  readModel,
} from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { byteSize, type Graph, parseGraph } from '@ghostc/ir';
import { nodeMacs, registry } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { buildC, cDevice, type RunCOptions } from '@ghostc/runtimes';
import { aarch64 } from './mcu-aarch64.ts';
import { boards } from './mcu-boards.ts';
import { kernelCases, type McuDevice, modelCases } from './mcu-cases.ts';
import { type CmsisCounts, cmsisCounts } from './mcu-cmsis-nn.ts';
import { fitCosts } from './mcu-costs.ts';
import { type CountedRun, countRun } from './mcu-counts.ts';
import { cycles } from './mcu-cycles.ts';
import { fitAgainstProfile } from './mcu-fit.ts';
import { ghostModules } from './mcu-modules.ts';
import { plans } from './mcu-plans.ts';
import { isMet, printRows, type Row } from './mcu-report.ts';
import { needTiny } from './mlperf-tiny.ts';

/**
 * Instructions that our C takes on Cortex-M, RV32 and AArch64, counted exactly in QEMU, against targets and peers:
 *
 *   npm run bench:mcu [-- kernels|modules|models|ghostnet|cores|float|aarch64|cycles|plans|boards|costs ...] [--model FILE]... [--json]
 *
 * `kernels`: int8 layers, tuned against portable C in the same run, the two checked against each other bit for bit, with
 * what CMSIS-NN takes. `modules`: Ghost modules in one kernel against two. `models`: MLPerf Tiny, with what TensorFlow Lite
 * Micro and CMSIS-NN take. `ghostnet`: GhostNet 1.0x at 224 in int8 on M4, whole and in bands of rows. `cores`: the same,
 * whole, on the other cores. `float`: the same in float32 on M7. `aarch64`: both by kind of layer on AArch64. `cycles`: what a model of M7's pipeline, llvm-mca, says of
 * the loop of its 1x1 convolutions. `plans`: the arena of every reference model against the lower bound that is proven for all orders and
 * layouts, which is the target. `boards`: boards of `ghostc fit` that GhostNet 0.5x at 96 in int8 does not fit. `costs`: how far
 * what `ghostc fit` estimates is from what `ghostc profile` counts, on 12 networks and 7 cores, or on the models that `--model` names (a
 * float .onnx in int8, others as they are); `--update` fits the estimates anew.
 * What was counted is kept in node_modules/.cache/mcu-counts, so that a run that is cut off goes on where it stopped.
 * No package registry has the peers: their figures were measured apart, gcc 12 -O3 and the same counter, and stand in
 * mcu-cases.ts. With GHOSTC_CMSIS_NN=/path/to/CMSIS-NN, which has Include and Source, kernels, models and GhostNet are
 * counted with that library too: compiled to call it, and our kernels over its functions only in the layers that do. Exit
 * code 1 when a target is missed.
 */
const parts = {
  ...{ kernels, modules, models, ghostnet, cores, float },
  aarch64: () => aarch64(int8GhostNet(), progress),
  cycles: () => cycles(progress),
  plans: () => plans(progress),
  boards: () => boards(progress),
  costs: () => (values.update ? fitCosts(progress) : fitAgainstProfile(values.model ?? [], progress)),
} as const;
type Part = keyof typeof parts;

const GHOSTNET = 'ghostnet:1.0';
const NETWORK = 'GhostNet 1.0x 224 int8';
let calibrated: Graph | undefined;

/** At most so many instructions per MAC on each core but M4. */
const otherCores = { 'cortex-m0plus': 6, 'cortex-m33': 1.5, 'cortex-m55': 0.32, rv32imc: 4.2 } as const;

/** `--max-ram 320K`. */
const MAX_RAM = 320 * 1024;
const toolPrefix = 'arm-none-eabi-';

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    update: { type: 'boolean' },
    model: { type: 'string', multiple: true },
  },
});
process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});

async function main(): Promise<number> {
  const names = Object.keys(parts) as Part[];
  const unknown = positionals.find((name) => !Object.hasOwn(parts, name));
  if (unknown) throw new Error(`unknown part ${unknown}; expected ${names.join(', ')}`);
  const asked = names.filter((name) => positionals.includes(name));
  const rows: Row[] = [];
  for (const part of asked.length ? asked : names) {
    const found = await parts[part]();
    if (!values.json) printRows(part, found);
    rows.push(...found);
  }
  if (values.json)
    console.log(
      JSON.stringify(
        rows.map((row) => ({ ...row, met: isMet(row) })),
        null,
        2,
      ),
    );
  return rows.every(isMet) ? 0 : 1;
}

interface Measured extends CountedRun {
  readonly arenaBytes: number;
  /** Arena, inputs and outputs. */
  readonly memoryBytes: number;
}

interface Build extends CompileCOptions {
  /** Board that it runs on, if it is not the device's own. */
  readonly board?: McuDevice;
  readonly run?: RunCOptions;
}

async function measure(graph: Graph, { board, run = {}, ...options }: Build): Promise<Measured> {
  const program = compileC(graph, { ...options, name: 'net' });
  const counted = await countRun(program, graph, cDevice(board ?? options.device ?? 'cortex-m4'), run);
  const buffers = [...program.inputs, ...program.outputs];
  const bytes = buffers.reduce((sum, { elements, dtype }) => sum + elements * byteSize(dtype), 0);
  const memoryBytes = program.arenaBytes + (options.io === 'arena' ? 0 : bytes);
  return { ...counted, arenaBytes: program.arenaBytes, memoryBytes };
}

function macsOf(graph: Graph): number {
  return [...graph.nodes()].reduce((sum, node) => sum + (nodeMacs(node) ?? 0), 0);
}

function progress(what: string): void {
  process.stderr.write(`${what}\n`);
}

async function kernels(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, graph: text, expected } of kernelCases) {
    const graph = parseGraph(text, { registry, file: name });
    const macs = macsOf(graph);
    for (const [key, { target, peer }] of Object.entries(expected)) {
      const device = key as McuDevice;
      progress(`${name} on ${device}`);
      const tuned = await measure(graph, { device });
      const portable = await measure(graph, { device, kernels: 'portable' });
      checkEqual(`${name} on ${device}`, tuned, portable);
      rows.push({
        ...{ name, device, unit: 'instructions per MAC', target, peer },
        ...{ ours: tuned.instructions / macs, portable: portable.instructions / macs },
        cmsis: perMac(await cmsisCounts(graph, device), macs),
      });
    }
  }
  return rows;
}

function perMac(counts: CmsisCounts | undefined, macs: number): CmsisCounts | undefined {
  return counts && { ...counts, whole: counts.whole / macs };
}

function checkEqual(what: string, a: CountedRun, b: CountedRun): void {
  if (a.digest !== b.digest) throw new Error(`${what}: two builds of it do not give the same bits`);
}

/** In one kernel (`--fuse-ghost`) as a part of the instructions of two, and what it takes more of the arena. */
async function modules(): Promise<Row[]> {
  const rows: Row[] = [];
  const device = 'cortex-m4';
  for (const { name, graph } of ghostModules()) {
    progress(`Ghost module ${name} on ${device}`);
    const two = await measure(graph, { device });
    const one = await measure(graph, { device, fuseGhost: true });
    checkEqual(name, two, one);
    const ratio = one.instructions / two.instructions;
    rows.push(
      { name: `Ghost module ${name}`, device, unit: 'times those of two kernels', ours: ratio, target: 1.02 },
      { name: 'scratch', device, unit: 'bytes', ours: one.arenaBytes, peer: two.arenaBytes, target: 65_536 },
    );
  }
  return rows;
}

async function models(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, file, instructions, arena } of modelCases) {
    const graph = readModel(needTiny(file), { file: `${file}.tflite` });
    for (const device of ['cortex-m4', 'cortex-m55'] as const) {
      progress(`${name} on ${device}`);
      const tuned = await measure(graph, { device });
      const portable = await measure(graph, { device, kernels: 'portable' });
      checkEqual(`${name} on ${device}`, tuned, portable);
      const inArena = await measure(graph, { device, io: 'arena' });
      checkEqual(`${name} on ${device}`, tuned, inArena);
      rows.push(
        {
          ...{ name, device, unit: 'instructions', ...instructions[device] },
          ...{ ours: tuned.instructions, portable: portable.instructions },
          cmsis: await cmsisCounts(graph, device),
        },
        { ...memoryOf({ caller: tuned, arena: inArena }), device, unit: 'bytes', ...arena },
      );
    }
  }
  return rows;
}

/** The smaller of both places for inputs and outputs. */
function memoryOf(measured: { readonly [F in IoForm]: Measured }): Pick<Row, 'name' | 'ours'> {
  const form = measured.arena.memoryBytes < measured.caller.memoryBytes ? 'arena' : 'caller';
  return { name: `arena, input and output (io ${form})`, ours: measured[form].memoryBytes };
}

/** Calibrated on a few seeded images: scales as of a network of this shape, which is all that instructions depend on. */
function int8GhostNet(): Graph {
  if (calibrated) return calibrated;
  progress('GhostNet int8: calibrating');
  const lowered = lowerForKernels(optimize(buildFromSpec(GHOSTNET, { seed: 1 })));
  calibrated = quantize(lowered, seededSamples(lowered, 2, 2), { io: 'int8' }).graph;
  return calibrated;
}

async function cores(): Promise<Row[]> {
  const graph = int8GhostNet();
  const rows: Row[] = [];
  for (const [key, target] of Object.entries(otherCores)) {
    const device = key as keyof typeof otherCores;
    progress(`GhostNet int8 on ${device}`);
    const { instructions } = await measure(graph, { device });
    const ours = instructions / macsOf(graph);
    rows.push({ name: NETWORK, device, unit: 'instructions per MAC', ours, target });
  }
  return rows;
}

async function ghostnet(): Promise<Row[]> {
  const graph = int8GhostNet();
  progress('GhostNet int8 on cortex-m4: running');
  const device = 'cortex-m4';
  const whole = await measure(graph, { device });
  progress('GhostNet int8 on cortex-m4: in bands of rows');
  const inBands = await measure(graph, { device, maxRam: MAX_RAM });
  progress('GhostNet int8 on cortex-m4: Ghost modules in one kernel');
  const fused = await measure(graph, { device, fuseGhost: true });
  const name = NETWORK;
  const macs = macsOf(graph);
  const cmsis = perMac(await cmsisCounts(graph, device), macs);
  checkEqual(`${name} with fused modules`, whole, fused);
  checkEqual(`${name} in bands`, whole, inBands);
  return [
    { name, device, unit: 'instructions per MAC', ours: whole.instructions / macs, cmsis, target: 1.45 },
    { name: 'arena', device, unit: 'bytes', ours: whole.arenaBytes, target: 853_000 },
    { name: 'arena in bands of rows', device, unit: 'bytes', ours: inBands.arenaBytes, target: 380_000 },
    {
      name: 'instructions in bands',
      device,
      unit: 'times those without',
      ours: inBands.instructions / whole.instructions,
      target: 1.25,
    },
    {
      name: 'instructions with Ghost modules in one kernel',
      device,
      unit: 'times those of two kernels',
      ours: fused.instructions / whole.instructions,
      target: 1.02,
    },
    { name: 'arena with them', device, unit: 'bytes', ours: fused.arenaBytes, target: 853_000 },
    {
      name: 'code and constants beside the weights',
      device,
      unit: 'bytes',
      ours: await codeBytes(graph),
      target: 60_000,
    },
  ];
}

async function codeBytes(graph: Graph): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-mcu-'));
  try {
    const program = compileC(graph, { device: 'cortex-m4', name: 'net' });
    await buildC(program, { device: cDevice('cortex-m4'), folder, extraFlags: [] });
    const table = execFileSync(`${toolPrefix}size`, ['net.o'], { cwd: folder, encoding: 'utf8' });
    return Number(table.split('\n')[1]?.trim().split(/\s+/)[0]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Code for M7 on the M55's board: the M7's has no room for 21 MB of weights. */
async function float(): Promise<Row[]> {
  progress('GhostNet float32 on cortex-m7');
  const graph = optimize(buildFromSpec(GHOSTNET, { seed: 1 }));
  const { instructions } = await measure(graph, {
    device: 'cortex-m7',
    board: 'cortex-m55',
    run: { extraFlags: ['-mcpu=cortex-m7', '-mfpu=fpv5-d16'] },
  });
  const ours = instructions / macsOf(lowerForKernels(graph));
  const device = 'cortex-m7';
  return [{ name: 'GhostNet 1.0x 224 float32', device, unit: 'instructions per MAC', ours, target: 1.85 }];
}
