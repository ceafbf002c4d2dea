import { readFileSync, writeFileSync } from 'node:fs';
import {
  type CLayer,
  type CostBuild,
  type CostTable,
  type CProgram,
  costBuilds,
  costFeatures,
  costKind,
  estimateInstructions,
} from '@ghostc/backend-c';
import { compileC, type Device, lowerForKernels, optimize, readModel } from '@ghostc/compiler';
import { seededInputs, seededSamples, withOneImage } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import type { Graph } from '@ghostc/ir';
import { quantize } from '@ghostc/quant';
import { cDevice, emulatedCore, profileC } from '@ghostc/runtimes';
import { fitNonNegative } from './fit-non-negative.ts';
import type { Row } from './mcu-report.ts';
import { needTiny, type TinyModel } from './mlperf-tiny.ts';

/** What `estimateInstructions` reads. */
const tableFile = 'packages/backend-c/src/generated/instruction-costs.ts';

/** How far an estimate may be from the count of a whole network, as a part of it. */
const TOLERANCE = 0.15;

interface Build {
  readonly core: string;
  readonly device: Device;
  readonly flags: readonly string[];
}

const riscv = (march: string, mabi: string): string[] => [
  `-march=${march}`,
  `-mabi=${mabi}`,
  '-misa-spec=2.2',
  '--specs=picolibc.specs',
];

const builds: Readonly<Record<CostBuild, Build>> = {
  'cortex-m0plus': { core: 'Cortex-M0+', device: 'cortex-m0plus', flags: cDevice('cortex-m0plus').flags },
  'cortex-m3': { core: 'Cortex-M3', device: 'cortex-m3', flags: cDevice('cortex-m3').flags },
  'cortex-m4': { core: 'Cortex-M4F', device: 'cortex-m4', flags: cDevice('cortex-m4').flags },
  'cortex-m55': { core: 'Cortex-M55', device: 'cortex-m55', flags: cDevice('cortex-m55').flags },
  rv32imafc: { core: 'RV32IMAFC', device: 'rv32', flags: riscv('rv32imafc', 'ilp32f') },
  rv32imc: { core: 'RV32IMC', device: 'rv32', flags: riscv('rv32imc', 'ilp32') },
};

/** Networks of several families, in float and int8. */
const models: Readonly<Record<string, () => Graph>> = {
  'MLPerf Tiny ic int8': () => tiny('ic_int8'),
  'MLPerf Tiny kws int8': () => tiny('kws_int8'),
  'MLPerf Tiny vww int8': () => tiny('vww_int8'),
  'GhostNet on Fashion-MNIST int8': () => inInt8(fashion()),
  'GhostNet 0.5x 96 int8': () => inInt8(buildFromSpec('ghostnet:0.5@96', { seed: 1 })),
  'GhostNetV2 0.5x 96 int8': () => inInt8(buildFromSpec('ghostnetv2:0.5@96', { seed: 1 })),
  'GhostNetV3 1.0x 64 int8': () => inInt8(buildFromSpec('ghostnetv3:1.0@64', { seed: 1 })),
  'MLPerf Tiny ic float': () => tiny('ic_float'),
  'MLPerf Tiny kws float': () => tiny('kws_float'),
  'MLPerf Tiny vww float': () => tiny('vww_float'),
  'GhostNet on Fashion-MNIST float': fashion,
  'GhostNet 0.5x 96 float': () => buildFromSpec('ghostnet:0.5@96', { seed: 1 }),
};

function tiny(name: TinyModel): Graph {
  return readModel(needTiny(name), { file: `${name}.tflite` });
}

function fashion(): Graph {
  const file = 'test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx';
  return withOneImage(readModel(readFileSync(file), { file }), 1);
}

function inInt8(model: Graph): Graph {
  const lowered = lowerForKernels(optimize(model));
  return quantize(lowered, seededSamples(lowered, 1), { io: 'int8' }).graph;
}

interface Counted {
  readonly model: string;
  readonly build: CostBuild;
  readonly program: CProgram;
  readonly total: number;
  readonly layers: readonly { readonly layer: CLayer; readonly cost: number }[];
}

type Progress = (what: string) => void;

/**
 * What `estimateInstructions` says of every model and build over what the emulator counts. With `update` its factors are
 * fitted to the counts anew, and written.
 */
export async function costs(progress: Progress, { update }: { readonly update: boolean }): Promise<Row[]> {
  const counted = await countAll(progress);
  const tables = new Map(costBuilds.map((build) => [build, update ? fitBuild(counted, build) : undefined]));
  if (update) writeFileSync(tableFile, tableText(tables));
  return counted.map(({ model, build, program, total }) => {
    const ratio = estimateInstructions(program, build, tables.get(build)) / total;
    const unit = 'times off, estimate against count';
    return { name: model, device: build, unit, ours: Math.max(ratio, 1 / ratio), target: 1 + TOLERANCE };
  });
}

async function countAll(progress: Progress): Promise<Counted[]> {
  const all: Counted[] = [];
  for (const [model, make] of Object.entries(models)) {
    const graph = make();
    for (const build of costBuilds) {
      progress(`${model} on ${build}`);
      all.push({ model, build, ...(await count(graph, builds[build])) });
    }
  }
  return all;
}

async function count(graph: Graph, build: Build): Promise<Pick<Counted, 'program' | 'total' | 'layers'>> {
  const { device, core, flags } = build;
  const emulator = emulatedCore({ core, flags, compiler: cDevice(device).compiler });
  if (!emulator) throw new Error(`no emulator runs ${core}`);
  const program = compileC(graph, { device, name: 'net' });
  const { total, layers } = await profileC(program, emulator, seededInputs(graph, 1));
  return { program, total, layers: layers.map(({ cost, ...layer }) => ({ layer, cost })) };
}

interface Sample {
  readonly layer: CLayer;
  readonly cost: number;
  /** Layers that take little of their network count little. */
  readonly weight: number;
}

function fitBuild(counted: readonly Counted[], build: CostBuild): CostTable {
  const samples = counted
    .filter((one) => one.build === build)
    .flatMap(({ total, layers }) =>
      layers.map((one): Sample => ({ ...one, weight: 1 / (one.cost + total / 100) })),
    );
  const kinds = [...new Set(samples.map(({ layer }) => costKind(layer)))].sort();
  return Object.fromEntries(
    kinds.map((kind) => [kind, factorsOf(samples.filter(({ layer }) => costKind(layer) === kind))]),
  );
}

/** Three digits. */
function factorsOf(samples: readonly Sample[]): number[] {
  const rows = samples.map(({ layer, weight }) => costFeatures(layer).map((feature) => feature * weight));
  const factors = fitNonNegative(
    rows,
    samples.map(({ cost, weight }) => cost * weight),
  );
  return factors.map((factor) => Number(factor.toPrecision(3)));
}

function tableText(tables: ReadonlyMap<CostBuild, CostTable | undefined>): string {
  const entries = [...tables].map(([build, table]) => {
    const rows = Object.entries(table ?? {}).map(
      ([kind, factors]) => `    '${kind}': [${factors.join(', ')}],\n`,
    );
    return `  '${build}': {\n${rows.join('')}  },\n`;
  });
  return `// Written by \`npm run bench:mcu -- costs --update\`: factors of costFeatures.
export const instructionCosts: Record<${costBuilds.map((build) => `'${build}'`).join(' | ')}, Record<string, number[]>> = {
${entries.join('')}};
`;
}
