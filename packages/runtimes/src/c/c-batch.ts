import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import { CompileError } from '@ghostc/ir';
import { onPath } from '../process/on-path.ts';
import { requireTools } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { harnessFlags, harnessUnits, link, platformFiles } from './build-c.ts';
import { type CDevice, cDevice, cRuntimeName } from './c-device.ts';
import { harnessMain } from './c-harness.ts';
import { type BatchEntry, type BatchResult, batchMain, runBuilt } from './run-batch.ts';

/** Programs that are one translation unit: what all begin with is read once. */
const PER_UNIT = 24;

const SECONDS = 120;

/** One copy of the kernels. */
export const oneCopy = '-DGHOSTC_DISPATCH=0';

/** Clang takes less than half of GCC's time without optimisation. GCC has all suites in runtime-table.test.ts. */
const quickHost: CDevice = onPath('clang')
  ? { ...cDevice('host'), compiler: 'clang', linker: cDevice('host').compiler }
  : cDevice('host');

/**
 * Cheap to compile. That optimised code and the processor's own kernels compute the same is for runtime-table.test.ts, which
 * has all suites in two programs. Kernels of boards have assembly that needs registers.
 */
const quickFlags = ({ board }: CDevice): string[] => [board ? '-O1' : '-O0', oneCopy];

/**
 * Builds many small programs into one executable, with few calls of the compiler, and runs all: on a host
 * each in its own process, on a board one after another, so that a crash loses only one. Returns the outputs,
 * or the error, of each entry in order. Two compilers run at a time.
 */
export async function runCBatch(
  entries: readonly BatchEntry[],
  target: CDevice = cDevice('host'),
): Promise<BatchResult[]> {
  const device = target.name === 'host' ? quickHost : target;
  requireTools(device.tools, cRuntimeName(device.name));
  const folder = await makeTempFolder();
  try {
    const failures = await build(entries, device, folder.path);
    const built = [...entries.entries()].filter(([i]) => !failures.has(i));
    const results = await runBuilt(built, { device, folder: folder.path });
    return entries.map((_, i) => failures.get(i) ?? results.get(i) ?? []);
  } finally {
    await folder.remove();
  }
}

/** Compiles every entry and links those that compile; gives the errors of the others. */
async function build(
  entries: readonly BatchEntry[],
  device: CDevice,
  folder: string,
): Promise<Map<number, CompileError>> {
  const programs = entries.map(({ program }) => program);
  for (const [name, content] of [...platformFiles(programs, device.board), ...programs.flatMap(filesOf)])
    await writeFile(join(folder, name), content);
  const units: number[][] = [];
  for (let i = 0; i < entries.length; i += PER_UNIT)
    units.push(Array.from({ length: Math.min(PER_UNIT, entries.length - i) }, (_, k) => i + k));
  const compilation: Compilation = { entries, device, folder, failures: new Map(), objects: [] };
  const work = units.values();
  const worker = async (): Promise<void> => {
    for (const unit of work) await compileUnit(unit, compilation);
  };
  // both are waited for: the folder goes when the first error gets out
  for (const outcome of await Promise.allSettled([worker(), worker()]))
    if (outcome.status === 'rejected') throw outcome.reason;
  const { failures, objects } = compilation;
  const built = [...entries.keys()].filter((i) => !failures.has(i));
  await writeFile(
    join(folder, 'harness_main.c'),
    batchMain(
      built.map((i) => entries[i] as BatchEntry),
      device,
    ),
  );
  await compile(harnessUnits(device), { device, folder, flags: [] });
  const all = [...objects, ...harnessUnits(device).map(objectOf)];
  await writeFile(join(folder, 'objects.txt'), all.join('\n'));
  await link(['@objects.txt'], { device, folder, extraFlags: [] });
  return failures;
}

const filesOf = ({ files }: CProgram): [string, string | Uint8Array][] => [...files];

interface Compilation {
  readonly entries: readonly BatchEntry[];
  readonly device: CDevice;
  readonly folder: string;
  readonly failures: Map<number, CompileError>;
  readonly objects: string[];
}

/** One unit of all programs; where it fails, one of each, so that the others go on. */
async function compileUnit(numbers: readonly number[], compilation: Compilation): Promise<void> {
  const { entries, device, folder, failures, objects } = compilation;
  const programs = numbers.map((i) => (entries[i] as BatchEntry).program);
  const unit = `unit_${numbers[0]}_${numbers.length}.c`;
  await writeFile(join(folder, unit), programs.map(unitText).join('\n'));
  const sources = [unit, ...programs.flatMap(assemblyOf)];
  try {
    await compile(sources, { device, folder, flags: quickFlags(device) });
    objects.push(...sources.map(objectOf));
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    if (numbers.length === 1) failures.set(numbers[0] ?? 0, error);
    else for (const i of numbers) await compileUnit([i], compilation);
  }
}

interface Call {
  readonly device: CDevice;
  readonly folder: string;
  readonly flags: readonly string[];
}

async function compile(sources: readonly string[], { device, folder, flags }: Call): Promise<void> {
  const all = [...harnessFlags(device), ...flags, '-w', '-Werror=implicit-function-declaration', '-I.'];
  await runProcess(device.compiler, [...all, ...device.flags, '-c', ...sources], {
    cwd: folder,
    timeout: SECONDS,
  });
}

/** Weights, program and harness. */
function unitText(program: CProgram): string {
  const sources = [...program.files.keys()].filter((name) => name.endsWith('.c')).sort(weightsFirst);
  return `${sources.map((name) => `#include "${name}"\n`).join('')}${harnessMain(program)}`;
}

const weightsFirst = (a: string, b: string): number => Number(isWeights(b)) - Number(isWeights(a));
const isWeights = (name: string): boolean => name.endsWith('_weights.c');

function assemblyOf({ files }: CProgram): string[] {
  return [...files.keys()].filter((name) => name.endsWith('.S'));
}

function objectOf(source: string): string {
  return source.replace(/\.[cS]$/, '.o');
}
