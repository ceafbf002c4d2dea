import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Our C, built with other options, or another engine. */
export interface Racer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Where it writes its first output, as float32. */
  readonly output: string;
}

export interface Result {
  readonly racer: string;
  /** Least processor time of an inference, and the median of the least of each round. */
  readonly milliseconds: number;
  readonly median: number;
  /** Time from where it takes the model to its first output. */
  readonly load: number;
  /** The most memory that its process had, in megabytes: of an engine with the Python that runs it. */
  readonly memory: number;
  /** The largest difference from the first racer's output, by the largest of these. */
  readonly off: number;
}

const ROUNDS = 7;
/** Milliseconds that a racer runs in a round, about. */
const TURN = 150;
/** Runs in a round at most. */
const MOST_RUNS = 300;

/** Each in a process of its own, in turn, a round after another. Those that cannot run the model are told and left out. */
export async function race(racers: readonly Racer[]): Promise<Result[]> {
  const started: Started[] = [];
  try {
    for (const racer of racers) {
      const one = new Started(racer);
      if (await one.ready()) started.push(one);
      else console.error(`  ${racer.name} does not run it: ${one.said}`);
    }
    for (let round = 0; round < ROUNDS; round++) for (const one of started) await one.turn();
  } finally {
    for (const one of started) one.end();
  }
  const reference = floats(started[0]?.racer.output ?? '');
  return started.map(({ racer, times, load, memory }) => ({
    racer: racer.name,
    milliseconds: Math.min(...times),
    median: times.sort((a, b) => a - b)[times.length >> 1] ?? NaN,
    ...{ load, memory },
    off: difference(reference, floats(racer.output)),
  }));
}

class Started {
  readonly racer: Racer;
  readonly times: number[] = [];
  load = NaN;
  memory = NaN;
  /** The last of what it wrote to its standard error. */
  said = '';
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(racer: Racer) {
    this.racer = racer;
    const child = spawn(racer.command, [...racer.args], { stdio: 'pipe' });
    child.stderr.on('data', (text) => {
      this.said = String(text).trim().split('\n').at(-1) ?? '';
    });
    this.#process = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Does it start, and compute its first output? */
  async ready(): Promise<boolean> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return false;
      const [word, load] = String(value).split(' ');
      if (word !== 'ready') continue;
      this.load = Number(load);
      this.memory = peakMegabytes(this.#process.pid);
      return true;
    }
  }

  async turn(): Promise<void> {
    const runs = Math.ceil(Math.min(MOST_RUNS, TURN / Math.min(...this.times, TURN)));
    this.#process.stdin?.write(`${runs}\n`);
    const { value } = await this.#lines.next();
    if (!(Number(value) > 0)) throw new Error(`${this.racer.name} ended: ${this.said}`);
    this.times.push(Number(value));
    this.memory = peakMegabytes(this.#process.pid);
  }

  end(): void {
    this.#process.stdin?.end();
  }
}

/** The most that a process had so far; NaN where there is no /proc. */
function peakMegabytes(pid: number | undefined): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return NaN;
  return Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]) / 1024;
}

function floats(path: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(path)).buffer);
}

function difference(wanted: Float32Array, found: Float32Array): number {
  if (wanted.length !== found.length) return Infinity;
  const most = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const apart = wanted.reduce((max, value, i) => Math.max(max, Math.abs(value - (found[i] ?? NaN))), 0);
  return apart / (most || 1);
}

/** What `net.h` says of a C program named `net`. */
export interface NetHeader {
  /** Types as C has them, in the order of the arguments. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Types and shapes as the model has them. */
  readonly stated: readonly { readonly type: string; readonly shape: readonly number[] }[];
}

export function netHeader(text: string): NetHeader {
  const [, list = ''] = /int net_run\(void \*arena, ([^)]*)\)/.exec(text) ?? [];
  const types = list.split(',').map((one) => one.trim().replace(/ ?\*.*/, ''));
  const stated = [...text.matchAll(/^ \* input .*: (\w+)\[([\d,]*)\]/gm)];
  return {
    inputs: types.filter((type) => type.startsWith('const ')).map((type) => type.slice('const '.length)),
    outputs: types.filter((type) => !type.startsWith('const ')),
    stated: stated.map(([, type = '', sizes = '']) => ({
      type,
      shape: sizes === '' ? [] : sizes.split(',').map(Number),
    })),
  };
}

/**
 * A driver of our C at `folder`/net.h, which races as `engines.py` does: its arguments are the file with all inputs, one after
 * another, and the file of the first output.
 */
export function driverText({ inputs, outputs }: NetHeader): string {
  const buffers = (types: readonly string[], word: string): { name: string; text: string }[] =>
    types.map((type, i) => {
      const part = types.length > 1 ? `_${i}` : '';
      const name = `${word}${part}`;
      return { name, text: `static ${type} ${name}[NET_${word.toUpperCase()}_SIZE${part}];` };
    });
  const [given, made] = [buffers(inputs, 'in'), buffers(outputs, 'out')];
  const call = `net_run(arena, ${[...given, ...made].map(({ name }) => name).join(', ')})`;
  const reads = given.map(({ name }) => `fread(${name}, sizeof ${name}, 1, file) != 1`);
  const first = made[0]?.name ?? '';
  return `#include "net.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static unsigned char arena[NET_ARENA_SIZE] __attribute__((aligned(64)));
${[...given, ...made].map(({ text }) => text).join('\n')}
static double milliseconds(clockid_t clock)
{
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}
int main(int argc, char **argv)
{
  const double loading = milliseconds(CLOCK_MONOTONIC);
  FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
  if (file == NULL || ${[...reads, `${call} != NET_OK`].join(' || ')}) return 1;
  const double loaded = milliseconds(CLOCK_MONOTONIC) - loading;
  fclose(file);
  file = fopen(argv[2], "wb");
  for (size_t i = 0; i < sizeof ${first} / sizeof *${first}; i++) {
    const float value = (float)${first}[i];
    fwrite(&value, sizeof value, 1, file);
  }
  fclose(file);
  printf("ready %.3f\\n", loaded);
  fflush(stdout);
  char line[32];
  while (fgets(line, sizeof line, stdin) != NULL) {
    double least = 1e9;
    for (int runs = atoi(line); runs > 0; runs--) {
      const double start = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
      ${call};
      const double taken = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - start;
      least = taken < least ? taken : least;
    }
    printf("%.6f\\n", least);
    fflush(stdout);
  }
  return 0;
}
`;
}

export const enginesScript = (root: string): string => join(root, 'tools/bench/host/engines.py');
