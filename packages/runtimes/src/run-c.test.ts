import type { CProgram } from '@ghostc/backend-c';
import { f32 } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { runC } from './run-c.ts';

const header = `#ifndef TWICE_H
#define TWICE_H
#define TWICE_ARENA_SIZE 16
#define TWICE_ARENA_ALIGN 16
int twice_run(void *arena, const float *in, float *out);
#endif
`;

function twice(body: string): CProgram {
  const source = `#include "twice.h"\nint twice_run(void *arena, const float *in, float *out) {\n${body}\n  return 0;\n}\n`;
  const slot = { shape: [3], dtype: 'f32' as const, elements: 3 };
  return {
    name: 'twice',
    files: new Map([
      ['twice.h', header],
      ['twice.c', source],
    ]),
    inputs: [{ name: 'x', ...slot }],
    outputs: [{ name: 'y', ...slot }],
    arenaBytes: 16,
    weightBytes: 0,
  };
}

const good = twice('  float *a = arena;\n  for (int i = 0; i < 3; i++) { a[i] = 2.0f * in[i]; out[i] = a[i] + 1.0f; }');
const inputs = [new Map([['x', f32([3], [1, 2, 3])]]), new Map([['x', f32([3], [-1, 0.5, 1e30])]])];

test.each(['host', 'cortex-m4', 'cortex-m7', 'cortex-m55', 'rv32'])('runs C on %s', async (device) => {
  const runs = await runC(good, device, inputs);
  expect(runs.map((run) => [...(run.outputs.get('y')?.data ?? [])])).toEqual([[3, 5, 7], [-1, 2, Math.fround(Math.fround(1e30) * 2 + 1)]]);
});

test('counts the same instructions twice', async () => {
  const count = async () => (await runC(good, 'cortex-m4', inputs, { count: 'instructions' })).map((run) => run.instructions);
  const first = await count();
  expect(first[0]).toBeGreaterThan(10);
  expect(await count()).toEqual(first);
});

test('a write behind the arena is found', async () => {
  const bad = twice('  float *a = arena;\n  for (int i = 0; i < 5; i++) a[i] = 0.0f;\n  for (int i = 0; i < 3; i++) out[i] = in[i];');
  await expect(runC(bad, 'host', inputs)).rejects.toThrow('wrote behind its arena');
});

test('a status other than 0 is an error', async () => {
  const bad = twice('  (void)arena; (void)in; (void)out;\n  if (in) return 2;');
  await expect(runC(bad, 'cortex-m4', inputs)).rejects.toThrow("the program's status is 2");
});

test('warnings are errors', async () => {
  const bad = twice('  (void)arena;\n  int unused = 3;\n  out[0] = in[0];');
  await expect(runC(bad, 'host', inputs)).rejects.toThrow('unused');
});
