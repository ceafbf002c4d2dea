import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import type { Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { requireTools } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { packTensors } from '../process/tensor-bytes.ts';
import { type CDevice, cDevice } from './c-device.ts';
import { harnessMain } from './c-harness.ts';
import { hostPlatform, platformHeader } from './c-platform.ts';
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

/** One copy of the kernels: that the processor's own are the same is for other tests. */
const quickFlags = ['-O1', '-DGHOSTC_DISPATCH=0'];

/**
 * Builds many small programs for the host into one executable, with few calls of the compiler, and runs each in a process of
 * its own: a crash costs one. Gives the outputs, or the error, of each entry in order. Two compilers run at a time.
 */
export async function runCBatch(entries: readonly BatchEntry[]): Promise<BatchResult[]> {
  const device = cDevice('host');
  requireTools(device.tools, 'c');
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
  await writeFile(join(folder, 'harness_platform.h'), platformHeader);
  for (const [i, { program }] of entries.entries()) await writeEntry(program, i, folder);
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
  await writeFile(join(folder, 'dispatch.c'), dispatcher(entries, failures));
  await writeFile(join(folder, 'harness_platform.c'), hostPlatform);
  const objects = entries.flatMap(({ program }, i) => (failures.has(i) ? [] : objectsOf(program, i)));
  await writeFile(join(folder, 'objects.txt'), objects.join('\n'));
  const link = [
    ...device.flags,
    '-w',
    'dispatch.c',
    'harness_platform.c',
    '@objects.txt',
    '-lm',
    '-o',
    'program',
  ];
  await runProcess(device.compiler, link, { cwd: folder, timeout: SECONDS });
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
    const flags = [...quickFlags, '-Werror=implicit-function-declaration', '-I.', ...device.flags];
    const args = [...flags, '-c', ...sources];
    await runProcess(device.compiler, args, { cwd: folder, timeout: SECONDS });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    if (numbers.length === 1) failures.set(numbers[0] ?? 0, error);
    else for (const i of numbers) await compileAll([i], { entries, device, folder, failures });
  }
}

/** Static names are private to a unit: program and harness are one, so that names never meet. */
async function writeEntry(program: CProgram, i: number, folder: string): Promise<void> {
  for (const [name, content] of program.files) await writeFile(join(folder, name), content);
  const harness = harnessMain(program).replace('int main(void)', `int main_${i}(void)`);
  const unit = `#include "${program.name}.c"\n${harness}`;
  await writeFile(join(folder, `unit_${i}.c`), unit);
  await mkdir(join(folder, `run_${i}`));
}

function sourcesOf(program: CProgram, i: number): string[] {
  const weights = [...program.files.keys()].filter((name) => /_weights\.[cS]$/.test(name));
  return [`unit_${i}.c`, ...weights];
}

function objectsOf(program: CProgram, i: number): string[] {
  return sourcesOf(program, i).map((source) => source.replace(/\.[cS]$/, '.o'));
}

function dispatcher(entries: readonly BatchEntry[], failures: ReadonlyMap<number, CompileError>): string {
  const built = [...entries.keys()].filter((i) => !failures.has(i));
  return `#include <stdlib.h>
${built.map((i) => `int main_${i}(void);`).join('\n')}
int main(int argc, char **argv) {
  switch (argc > 1 ? atoi(argv[1]) : -1) {
${built.map((i) => `    case ${i}: return main_${i}();`).join('\n')}
    default: return 2;
  }
}
`;
}

async function runEntry(
  { program, inputs }: BatchEntry,
  i: number,
  { device, folder }: { device: CDevice; folder: string },
): Promise<BatchResult> {
  const cwd = join(folder, `run_${i}`);
  try {
    await writeFile(
      join(cwd, 'in.bin'),
      Buffer.concat(inputs.map((one) => packTensors(program.inputs, one))),
    );
    await runProcess(join(folder, 'program'), [String(i)], { cwd, timeout: SECONDS });
    return readRuns(program, device, await readFile(join(cwd, 'out.bin'))).map(({ outputs }) => outputs);
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
}
