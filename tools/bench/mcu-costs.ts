import { writeFileSync } from 'node:fs';
import {
  type CLayer,
  type CostBuild,
  type CostTable,
  costBuilds,
  costFeatures,
  costKinds,
  estimateInstructions,
} from '@ghostc/backend-c';
import type { Device } from '@ghostc/compiler';
import { type CDevice, cDevice, emulatedCore } from '@ghostc/runtimes';
import { fitNonNegative } from './fit-non-negative.ts';
import { type Counted as CountedLayers, countLayers } from './mcu-counts.ts';
import { fitted, probes } from './mcu-networks.ts';
import type { Row } from './mcu-report.ts';

/** What `estimateInstructions` reads. */
const tableFile = 'packages/backend-c/src/generated/instruction-costs.json';

/** How far an estimate may be from the count of a whole network, as a part of it. */
export const TOLERANCE = 0.1;

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
  'cortex-m7': { core: 'Cortex-M7', device: 'cortex-m7', flags: cDevice('cortex-m7').flags },
  'cortex-m55': { core: 'Cortex-M55', device: 'cortex-m55', flags: cDevice('cortex-m55').flags },
  rv32imafc: { core: 'RV32IMAFC', device: 'rv32', flags: riscv('rv32imafc', 'ilp32f') },
  rv32imc: { core: 'RV32IMC', device: 'rv32', flags: riscv('rv32imc', 'ilp32') },
};

interface Counted extends CountedLayers {
  readonly model: string;
  readonly build: CostBuild;
}

type Progress = (what: string) => void;

/**
 * Fits the factors of `estimateInstructions` to counts of networks and probes anew, and writes them. What they say of every network
 * that they were fitted to, over the count.
 */
export async function fitCosts(progress: Progress): Promise<Row[]> {
  const counted = await countAll(progress);
  const tables = new Map(costBuilds.map((build) => [build, fitBuild(counted, build)]));
  writeFileSync(tableFile, tableText(tables));
  const networks = counted.filter(({ model }) => Object.hasOwn(fitted, model));
  return networks.map(({ model, build, program, total }) => {
    const ratio = estimateInstructions(program, build, tables.get(build)) / total;
    const unit = 'times off, estimate against count';
    return { name: model, device: build, unit, ours: Math.max(ratio, 1 / ratio), target: 1 + TOLERANCE };
  });
}

async function countAll(progress: Progress): Promise<Counted[]> {
  const all: Counted[] = [];
  for (const [model, make] of Object.entries({ ...fitted, ...probes })) {
    const graph = make();
    for (const build of costBuilds) {
      progress(`${model} on ${build}`);
      all.push({ model, build, ...(await countLayers(graph, builds[build].device, coreOf(builds[build]))) });
    }
  }
  return all;
}

function coreOf({ device, core, flags }: Build): CDevice {
  const emulator = emulatedCore({ core, flags, compiler: cDevice(device).compiler });
  if (!emulator) throw new Error(`no emulator runs ${core}`);
  return emulator;
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
    .flatMap(({ model, total, layers }) =>
      layers.map((one): Sample => ({ ...one, weight: weightOf(model) / (one.cost + total / 100) })),
    );
  const kinds = [...new Set(samples.map(({ layer }) => costKinds(layer)[0] ?? ''))].sort();
  return Object.fromEntries(
    kinds.map((kind) => [kind, factorsOf(samples.filter(({ layer }) => costKinds(layer)[0] === kind))]),
  );
}

/** Layers that people have count more than those of probes. */
const weightOf = (model: string): number => (Object.hasOwn(fitted, model) ? NETWORK : 1);
const NETWORK = 3;

/** Of factors squared: one that few layers speak for, such as thousands of instructions for a line, shall not be large. */
const PENALTY = 1e-9;

/** Three digits. */
function factorsOf(samples: readonly Sample[]): number[] {
  const rows = samples.map(({ layer, weight }) => costFeatures(layer).map((feature) => feature * weight));
  const factors = fitNonNegative(
    rows,
    samples.map(({ cost, weight }) => cost * weight),
    PENALTY,
  );
  return factors.map((factor) => (factor < 1e-6 ? 0 : Number(factor.toPrecision(3))));
}

/** A line for each kind. */
function tableText(tables: ReadonlyMap<CostBuild, CostTable>): string {
  const entries = [...tables].map(([build, table]) => {
    const rows = Object.entries(table).map(([kind, factors]) => `    "${kind}": ${JSON.stringify(factors)}`);
    return `  "${build}": {\n${rows.join(',\n')}\n  }`;
  });
  return `{\n${entries.join(',\n')}\n}\n`;
}
