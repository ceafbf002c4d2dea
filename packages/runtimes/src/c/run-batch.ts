import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import type { Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { packTensors } from '../process/tensor-bytes.ts';
import type { CDevice } from './c-device.ts';
import { execute, explained } from './prepare-c.ts';
import { readRuns } from './read-runs.ts';

/** One program of a batch with the inputs to run it on. Names of programs are unique in a batch. */
export interface BatchEntry {
  readonly program: CProgram;
  readonly inputs: readonly Tensors[];
}

export type BatchResult = readonly Tensors[] | CompileError;

interface Place {
  readonly device: CDevice;
  readonly folder: string;
}

type Numbered = readonly [number: number, entry: BatchEntry];

/** Of work, for one entry. */
const SECONDS = 120;

/** The main() of the programs, which run in this order. */
export function batchMain(entries: readonly BatchEntry[], { board }: CDevice): string {
  const names = entries.map(({ program }) => program.name);
  return `#include "harness_platform.h"
${names.map((name) => `void every_${name}(void);`).join('\n')}
static const struct { void (*every)(void); const char *from, *to; } entries[] = {
${names.map((name) => `  {every_${name}, "${inputsOf(name)}", "${outputsOf(name)}"},`).join('\n')}
};
static int run_entry(int i) {
  open_files(entries[i].from, entries[i].to);
  entries[i].every();
  return close_files();
}
#define ENTRIES ((int)(sizeof entries / sizeof *entries))
${board ? boardMain : hostMain}`;
}

const inputsOf = (name: string): string => `${name}_in.bin`;
const outputsOf = (name: string): string => `${name}_out.bin`;

/** Each entry in its own process; `codes.bin` gets how each ended: its exit code, or minus the signal. */
const hostMain = `#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  FILE *codes = fopen("codes.bin", "wb");
  if (!codes) return 2;
  setvbuf(codes, NULL, _IONBF, 0);
  for (int i = 0; i < ENTRIES; i++) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) leave(run_entry(i));
    if (child < 0 || waitpid(child, &status, 0) != child) return 2;
    const int32_t code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    fwrite(&code, sizeof code, 1, codes);
  }
  return fclose(codes);
}
`;

/** All entries in one boot, starting at the one in `first.bin`. */
const boardMain = `int main(void) {
  int32_t first = 0;
  open_files("first.bin", "ignored.bin");
  if (!read_bytes(&first, sizeof first)) leave(2);
  close_files();
  for (int i = first; i < ENTRIES; i++) {
    const int code = run_entry(i);
    if (code != 0) leave(code);
  }
  leave(0);
  return 0;
}
`;

/** Runs what batchMain was made of; gives the outputs, or the error, of each number. */
export async function runBuilt(
  entries: readonly Numbered[],
  place: Place,
): Promise<Map<number, BatchResult>> {
  if (entries.length === 0) return new Map();
  for (const [, { program, inputs }] of entries)
    await writeFile(
      join(place.folder, inputsOf(program.name)),
      Buffer.concat(inputs.map((one) => packTensors(program.inputs, one))),
    );
  const failures = await (place.device.board ? runOnBoard(entries, place) : runOnHost(entries, place));
  const results = new Map<number, BatchResult>();
  for (const [number, entry] of entries)
    results.set(number, failures.get(number) ?? (await outputs(entry, place)));
  return results;
}

async function outputs({ program, inputs }: BatchEntry, { device, folder }: Place): Promise<BatchResult> {
  try {
    const runs = readRuns(program, device, await readFile(join(folder, outputsOf(program.name))));
    if (runs.length === inputs.length) return runs.map((run) => run.outputs);
    return new CompileError(
      'run/output',
      `expected the outputs of ${inputs.length} runs, found ${runs.length}`,
    );
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
}

type Failures = Map<number, CompileError>;

async function runOnHost(entries: readonly Numbered[], { device, folder }: Place): Promise<Failures> {
  await execute(device, folder, { timeout: SECONDS });
  const bytes = Uint8Array.from(await readFile(join(folder, 'codes.bin')));
  const codes = new Int32Array(bytes.buffer);
  const failed = entries.flatMap(([number], i): [number, CompileError][] =>
    codes[i] === 0 ? [] : [[number, ended(codes[i] ?? 0, device)]],
  );
  return new Map(failed);
}

function ended(code: number, device: CDevice): CompileError {
  const signal = Object.entries(constants.signals).find(([, number]) => number === -code)?.[0];
  const end = signal === 'SIGXCPU' ? `was stopped after ${SECONDS} s of work` : `died of ${signal}`;
  const words = code < 0 ? end : `left with code ${code}`;
  return explained(new CompileError('tool/failed', `the program ${words}`), device);
}

/** Boots until all entries have run: the last one that began is the one that failed. */
async function runOnBoard(entries: readonly Numbered[], { device, folder }: Place): Promise<Failures> {
  const failures: Failures = new Map();
  for (let first = 0; first < entries.length; ) {
    await writeFile(join(folder, 'first.bin'), Int32Array.of(first));
    try {
      await execute(device, folder, { timeout: SECONDS + entries.length });
      break;
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      const begun = entries.filter(([, { program }]) => existsSync(join(folder, outputsOf(program.name))));
      if (begun.length <= first) throw error;
      failures.set(begun.at(-1)?.[0] ?? 0, error);
      first = begun.length;
    }
  }
  return failures;
}
