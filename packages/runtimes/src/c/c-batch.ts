import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import type { Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { requireTools } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { packTensors } from '../process/tensor-bytes.ts';
import { harnessFlags, harnessUnits, link, platformFiles } from './build-c.ts';
import { type CDevice, cDevice, cRuntimeName } from './c-device.ts';
import { harnessMain } from './c-harness.ts';
import { execute } from './prepare-c.ts';
import { readRuns } from './read-runs.ts';

/** One program of a batch with the inputs to run it on. Names of programs are unique in a batch. */
export interface BatchEntry {
  readonly program: CProgram;
  readonly inputs: readonly Tensors[];
}

export type BatchResult = readonly Tensors[] | CompileError;

/** Sources that one call of the compiler gets. */
const PER_CALL = 24;

const SECONDS = 120;

/** Of the C that a batch tries: one copy of the kernels; that the processor's own are the same is for other tests. */
export const quickFlags = ['-O1', '-DGHOSTC_DISPATCH=0'];

/**
 * Builds many small programs into one executable, with few calls of the compiler, and runs each in a process or boot of its
 * own: a crash costs one. Gives the outputs, or the error, of each entry in order. Two compilers run at a time.
 */
export async function runCBatch(
  entries: readonly BatchEntry[],
  device: CDevice = cDevice('host'),
): Promise<BatchResult[]> {
  requireTools(device.tools, cRuntimeName(device.name));
  const folder = await makeTempFolder();
  try {
    const failures = await build(entries, device, folder.path);
    const results: BatchResult[] = [];
    for (const [i, entry] of entries.entries())
      results.push(failures.get(i) ?? (await runEntry(entry, i, { device, folder: folder.path })));
    return results;
  } finally {
    await folder.remove();
  }
}

/** Compiles every entry as one unit; gives the errors of those that do not compile. */
async function build(
  entries: readonly BatchEntry[],
  device: CDevice,
  folder: string,
): Promise<Map<number, CompileError>> {
  const programs = entries.map(({ program }) => program);
  for (const [name, content] of platformFiles(programs, device.board))
    await writeFile(join(folder, name), content);
  for (const [i, program] of programs.entries()) await writeProgram(program, i, folder);
  const calls: number[][] = [];
  for (let i = 0; i < entries.length; i += PER_CALL)
    calls.push(Array.from({ length: Math.min(PER_CALL, entries.length - i) }, (_, k) => i + k));
  const failures = new Map<number, CompileError>();
  const work = calls.values();
  const worker = async (): Promise<void> => {
    for (const call of work) await compileAll(call, { entries, device, folder, failures });
  };
  // both are waited for: the folder goes when the first error gets out
  for (const outcome of await Promise.allSettled([worker(), worker()]))
    if (outcome.status === 'rejected') throw outcome.reason;
  const built = [...entries.keys()].filter((i) => !failures.has(i));
  await writeFile(join(folder, 'harness_main.c'), mainOf(built));
  await compile(harnessUnits(device), { device, folder, flags: [] });
  const sources = built.flatMap((i) => sourcesOf(entries[i]?.program as CProgram, i));
  await writeFile(
    join(folder, 'objects.txt'),
    [...sources, ...harnessUnits(device)].map(objectOf).join('\n'),
  );
  await link(['@objects.txt'], { device, folder, extraFlags: [] });
  return failures;
}

interface Compilation {
  readonly entries: readonly BatchEntry[];
  readonly device: CDevice;
  readonly folder: string;
  readonly failures: Map<number, CompileError>;
}

/** One call for all; where it fails, one for each, so that the others go on. */
async function compileAll(
  numbers: readonly number[],
  { entries, device, folder, failures }: Compilation,
): Promise<void> {
  const sources = numbers.flatMap((i) => sourcesOf(entries[i]?.program as CProgram, i));
  try {
    await compile(sources, { device, folder, flags: quickFlags });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    if (numbers.length === 1) failures.set(numbers[0] ?? 0, error);
    else for (const i of numbers) await compileAll([i], { entries, device, folder, failures });
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

/** Static names are private to a unit: program and harness are one, so that names never meet. */
async function writeProgram(program: CProgram, i: number, folder: string): Promise<void> {
  for (const [name, content] of program.files) await writeFile(join(folder, name), content);
  const unit = `#include "${program.name}.c"\n${harnessMain(program, 0, i)}`;
  await writeFile(join(folder, `unit_${i}.c`), unit);
}

function sourcesOf(program: CProgram, i: number): string[] {
  const weights = [...program.files.keys()].filter((name) => /_weights\.[cS]$/.test(name));
  return [`unit_${i}.c`, ...weights];
}

function objectOf(source: string): string {
  return source.replace(/\.[cS]$/, '.o');
}

/** The first word of the inputs is the number of the program. */
function mainOf(built: readonly number[]): string {
  return `#include "harness_platform.h"
${built.map((i) => `int main_${i}(void);`).join('\n')}
int main(void) {
  uint32_t number;
  open_files();
  if (!read_bytes(&number, 4)) leave(2);
  switch (number) {
${built.map((i) => `    case ${i}: return main_${i}();`).join('\n')}
    default: leave(2);
  }
  return 2;
}
`;
}

async function runEntry(
  { program, inputs }: BatchEntry,
  i: number,
  { device, folder }: { device: CDevice; folder: string },
): Promise<BatchResult> {
  try {
    const packed = inputs.map((one) => packTensors(program.inputs, one));
    const number = new Uint8Array(Uint32Array.of(i).buffer);
    await writeFile(join(folder, 'in.bin'), Buffer.concat([number, ...packed]));
    await execute(device, folder, { timeout: SECONDS });
    return readRuns(program, device, await readFile(join(folder, 'out.bin'))).map(({ outputs }) => outputs);
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
}
