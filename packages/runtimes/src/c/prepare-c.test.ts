import type { CProgram } from '@ghostc/backend-c';
import { f32, type Tensor, tensor } from '@ghostc/ir';
import { beforeEach, describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { cDevice } from './c-device.ts';
import { prepareC, runC } from './prepare-c.ts';
import { sampleProgram } from './sample-program.ts';

const twice = (body: string) => sampleProgram({ name: 'twice', body, shape: [3], arenaBytes: 16 });
const good = twice(
  '  float *a = arena;\n  for (int i = 0; i < 3; i++) { a[i] = 2.0f * in[i]; out[i] = a[i] + 1.0f; }',
);
/** p = b + 128, q = a */
const mixed: CProgram = {
  name: 'mixed',
  device: 'host',
  noUnaligned: false,
  fetchBytes: 0,
  threads: 1,
  fetches: [],
  files: new Map([
    [
      'mixed.h',
      `#include <stdint.h>
#define MIXED_ARENA_SIZE 0
#define MIXED_ARENA_ALIGN 16
int mixed_run(void *arena, const float *a, const int8_t *b, uint8_t *p, float *q);
`,
    ],
    [
      'mixed.c',
      `#include "mixed.h"
int mixed_run(void *arena, const float *a, const int8_t *b, uint8_t *p, float *q) {
  (void)arena;
  for (int i = 0; i < 3; i++) p[i] = (uint8_t)(b[i] + 128);
  for (int i = 0; i < 2; i++) q[i] = a[i];
  return 0;
}
`,
    ],
  ]),
  inputs: [
    { name: 'a', shape: [2], dtype: 'f32', elements: 2 },
    { name: 'b', shape: [3], dtype: 'i8', elements: 3 },
  ],
  outputs: [
    { name: 'p', shape: [3], dtype: 'u8', elements: 3 },
    { name: 'q', shape: [2], dtype: 'f32', elements: 2 },
  ],
  arenaBytes: 0,
  arenaGap: 0,
  streams: [],
  bandWork: 0,
  buffers: [],
  peaks: [],
  layers: [],
  weightBytes: 0,
  form: 'c',
};

const inputs = [new Map([['x', f32([3], [1, 2, 3])]]), new Map([['x', f32([3], [-1, 0.5, 1e30])]])];
const expected = [
  [3, 5, 7],
  [-1, 2, Math.fround(2e30)],
];
const dataOf = ({ outputs }: { outputs: ReadonlyMap<string, Tensor> }) => [...(outputs.get('y')?.data ?? [])];

describe.each(['host', 'cortex-m4', 'cortex-m7', 'cortex-m55', 'rv32'])('C on %s', (device) => {
  beforeEach((context) => skipWithout(cDevice(device).tools, device, context));

  test('runs twice from one build', async () => {
    const executable = await prepareC(good, device);
    const [first, second] = await Promise.all([executable.run(inputs), executable.run(inputs.slice(1))]);
    await executable.dispose();
    expect(first.map(dataOf)).toEqual(expected);
    expect(second.map(dataOf)).toEqual(expected.slice(1));
  });

  test('several inputs and outputs of all element types go in call order', async () => {
    const inputs = new Map<string, Tensor>([
      ['b', tensor('i8', [3], Int8Array.of(-128, 0, 127))],
      ['a', f32([2], [0.1, -0])],
    ]);
    const [run] = await runC(mixed, device, [inputs]);
    expect(run?.outputs.get('p')).toEqual(tensor('u8', [3], Uint8Array.of(0, 128, 255)));
    expect(run?.outputs.get('q')).toEqual(f32([2], [Math.fround(0.1), -0]));
  });

  test.each([
    ['before its arena', '  float *a = arena;\n  a[-1] = 0.0f;'],
    ['past the end of its arena', '  float *a = arena;\n  a[4] = 0.0f;'],
    ['past the end of an output', '  out[3] = 0.0f;'],
    ['changed an input', '  union { const float *read; float *write; } x = { in };\n  x.write[2] = 0.0f;'],
  ])('a program that wrote %s fails', async (problem, damage) => {
    const bad = twice(`  (void)arena;\n  for (int i = 0; i < 3; i++) out[i] = in[i];\n${damage}`);
    await expect(runC(bad, device, inputs)).rejects.toThrow(problem);
  });

  test('a status other than 0 names the input set', async () => {
    const bad = twice('  (void)arena;\n  out[0] = 0.0f;\n  if (in[0] < 0.0f) return 2;');
    await expect(runC(bad, device, inputs)).rejects.toThrow(
      `${device}, input set 1: twice_run returned the status 2, expected 0`,
    );
  });

  test('warnings are errors', async () => {
    const bad = twice('  (void)arena;\n  int unused = 3;\n  out[0] = in[0];');
    await expect(runC(bad, device, inputs)).rejects.toThrow('unused');
  });
});

test.for(['host', 'cortex-m4'])('an endless program is stopped on %s', async (device, context) => {
  skipWithout(cDevice(device).tools, device, context);
  const endless = twice('  volatile float *a = arena;\n  for (;;) out[0] = in[0] + *a;');
  await expect(runC(endless, device, inputs, { timeout: 1 })).rejects.toThrow(
    'was stopped after 1 s of work',
  );
});

describe('instruction counts', () => {
  const loop = (turns: string) =>
    twice(
      `  volatile float *a = arena;\n  a[0] = in[0];\n  for (long i = 0; i < ${turns}; i++) a[1] = a[0];\n  out[0] = a[1];`,
    );
  const count = async (device: string, turns: string) =>
    (await runC(loop(turns), device, inputs, { count: 'instructions' })).map((run) => run.instructions ?? 0);

  test.for(['cortex-m4', 'cortex-m7', 'cortex-m55', 'rv32'])('are exact on %s', async (device, context) => {
    skipWithout(cDevice(device).tools, device, context);
    const [short, again] = await count(device, '1000');
    const [long] = await count(device, '2000');
    expect(again).toBe(short);
    expect(await count(device, '1000')).toEqual([short, again]);
    const perTurn = (long! - short!) / 1000;
    expect(perTurn % 1).toBe(0);
    expect(perTurn).toBeGreaterThanOrEqual(3);
    expect(perTurn).toBeLessThanOrEqual(6);
  });
});

test('2,000 sets of inputs take one process', async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  const many = Array.from({ length: 2000 }, (_, i) => new Map([['x', f32([3], [i, i, i])]]));
  const runs = await runC(good, 'host', many, { timeout: 10 });
  expect(runs.map((run) => dataOf(run)[2])).toEqual(many.map((_, i) => 2 * i + 1));
});

test('sanitizers can be on', async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  const bad = twice(
    '  (void)arena;\n  int big = 2147483647;\n  for (int i = 0; i < 3; i++) { big += (int)in[i]; out[i] = (float)big; }',
  );
  await expect(
    runC(bad, 'host', inputs, { extraFlags: ['-fsanitize=undefined', '-fno-sanitize-recover=all'] }),
  ).rejects.toThrow('signed integer overflow');
});
