import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompileCOptions, compileC } from '@ghostc/compiler';
import { type Graph, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { fixtures, readFixture, seededInt8 } from '../testing/fixture-models.ts';
import { strictFlags } from './build-c.ts';
import { cDevice } from './c-device.ts';

const chain = parseGraph(
  `graph @net(%x: f32[1,4,16,16])
  const %w: f32[8,4,3,3] = random(1)
  const %b: f32[8] = random(2)
  const %v: f32[16,8,3,3] = random(3)
  const %u: f32[8,16,1,1] = random(4)
  %a = conv2d %x, %w, %b {pads=[1,1,1,1]}
  %p = max_pool %a {kernel_shape=[2,2], strides=[2,2]}
  %c = conv2d %p, %v {pads=[1,1,1,1]}
  %y = conv2d %c, %u
  return %y`,
  { registry },
);

/**
 * Runs the network with resident weights and with fetched ones. A fetch spoils its range of the buffer at once, and brings the
 * weights only where the run waits for them, as a transfer does that takes as long as it may. The first argument is the
 * call that fails.
 */
const main = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net.h"
#include "resident.h"
static unsigned char file[NET_WEIGHTS_SIZE];
static _Alignas(16) unsigned char arena[NET_ARENA_SIZE], other[RESIDENT_ARENA_SIZE], buffer[NET_FETCH_SIZE + 16];
static TYPE in[NET_IN_SIZE], out[NET_OUT_SIZE], expected[NET_OUT_SIZE];
static size_t from, count;
static void *target;
static int calls, fails, waits, bytes;
static int fetch(void *source, size_t offset, size_t size, void *to) {
  if (source != file || ++calls == fails) return 1;
  if (to == NULL) {
    if (target != NULL) memcpy(target, file + from, count);
    target = NULL;
    waits++;
    return 0;
  }
  if (target != NULL || (unsigned char *)to < buffer || (unsigned char *)to + size > buffer + NET_FETCH_SIZE) return 2;
  memset(to, 0x7f, size);
  from = offset, count = size, target = to;
  bytes += (int)size;
  return 0;
}
int main(int argc, char **argv) {
  FILE *weights = fopen("net_weights.bin", "rb");
  if (weights == NULL || fread(file, 1, sizeof file, weights) != sizeof file) return 3;
  fails = argc > 1 ? atoi(argv[1]) : 0;
  for (int i = 0; i < NET_IN_SIZE; i++) in[i] = (TYPE)((i * 37) % 101 - 50);
  memset(buffer, 0x55, sizeof buffer);
  int status = net_run(arena, buffer, in, out, fetch, file);
  int plain = resident_run(other, in, expected);
  int past = 0;
  for (int i = 0; i < 16; i++) past += buffer[NET_FETCH_SIZE + i] != 0x55;
  printf("%d %d %d %d %d\\n", status, plain, memcmp(out, expected, sizeof out) != 0, bytes == NET_WEIGHTS_SIZE, past);
  return 0;
}
`;

/** What is printed with each of the calls failing; none is 0. */
async function printed(
  graph: Graph,
  calls: readonly number[],
  options: CompileCOptions = {},
): Promise<string[]> {
  const { path: folder, remove } = await makeTempFolder();
  try {
    const programs = [
      compileC(graph, { ...options, name: 'net', weights: 'fetch' }),
      compileC(graph, { ...options, fetchRam: undefined, name: 'resident', weights: 'c' }),
    ];
    for (const { files } of programs)
      for (const [name, content] of files) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, 'main.c'), main);
    const type = graph.inputs[0]?.type.dtype === 'f32' ? 'float' : 'int8_t';
    const run = (command: string, args: readonly string[]) =>
      runProcess(command, args, { cwd: folder, timeout: 60 });
    const sources = ['net.c', 'resident.c', 'resident_weights.c', 'main.c'];
    const flags = strictFlags.filter((flag) => !/pedantic|std=/.test(flag));
    await run('gcc', [...flags, '-std=c11', `-DTYPE=${type}`, '-O1', ...sources, '-lm', '-o', 'main']);
    const lines: string[] = [];
    for (const call of calls) lines.push((await run(join(folder, 'main'), [String(call)])).trim());
    return lines;
  } finally {
    await remove();
  }
}

const int8 = () => seededInt8(readFixture(join(fixtures, 'modules/ghost_bottleneck_s2_se'))).graph;

describe('weights that are fetched layer by layer, the next while one computes', () => {
  test.for([
    ['float', () => chain, {}],
    ['int8', int8, {}],
    ['bands of rows', () => chain, { maxRam: 11 * 1024 }],
    ['int8 in parts', () => seededInt8(chain).graph, { fetchRam: 1024, kernels: 'portable' }],
  ] as const)(
    '%s: the bits of resident weights, each byte once, nothing past the buffer',
    async ([, graph, options], context) => {
      skipWithout(cDevice('host').tools, 'c', context);
      expect(await printed(graph(), [0], options)).toEqual(['0 0 0 1 0']);
    },
  );

  test('a call that fails ends the run with a status of its own', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    for (const line of await printed(chain, [1, 2, 3, 4, 5])) expect(line).toMatch(/^6 0 1 /);
  });
});

test('the buffer holds two layers that follow one another', () => {
  const { files, weightBytes } = compileC(chain, { name: 'net', weights: 'fetch', device: 'cortex-m4' });
  const size = Number(/NET_FETCH_SIZE (\d+)/.exec(String(files.get('net.h')))?.[1]);
  const asked = [...String(files.get('net.c')).matchAll(/fetch\(source, \d+, (\d+), \(char/g)].map(
    ([, bytes]) => Number(bytes),
  );
  const [first = 0, second = 0, third = 0] = asked;
  expect(asked).toHaveLength(3);
  expect(weightBytes).toBe(first + second + third);
  expect(size).toBe(Math.max(first + second, second + third));
  expect([...files.keys()].sort()).toEqual(['net.c', 'net.h', 'net_weights.bin']);
});

test('layers whose weights are too many for the buffer are split, or one is named that cannot be', () => {
  const graph = seededInt8(chain).graph;
  const whole = compileC(graph, { weights: 'fetch', kernels: 'portable' });
  const parts = compileC(graph, { weights: 'fetch', kernels: 'portable', fetchRam: 1024 });
  expect(whole.fetchBytes).toBeGreaterThan(1024);
  expect(parts.fetchBytes).toBeLessThanOrEqual(1024);
  expect(parts.layers.length).toBeGreaterThan(whole.layers.length);
  expect(parts.fetches.at(-1)?.layers[1]).toBe(parts.layers.length);
  expect(() => compileC(int8(), { weights: 'fetch', fetchRam: 64 })).toThrow(
    /error\[backend-c\/fetch-ram\]: the weights of two layers .* take \d+ bytes, \d+ more than the 64/,
  );
  expect(() => compileC(int8(), { fetchRam: 64 })).toThrow('error[backend-c/fetch-ram]');
});

test('a self-test, which has no weights to give, is refused', () => {
  expect(() => compileC(chain, { weights: 'fetch', selfTest: true })).toThrow('error[backend-c/weights]');
});
