import { f32 } from '@ghostc/ir';
import { beforeEach, describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { cDevice } from './c-device.ts';
import { prepareC, runC } from './prepare-c.ts';
import { sampleProgram } from './sample-program.ts';

const MiB = 2 ** 20;

/** Sums the weights through an arena of the given size. */
function sum(weightBytes: number, arenaBytes: number) {
  const weights = Float32Array.from({ length: weightBytes / 4 }, (_, i) => i % 4);
  const [last, words] = [arenaBytes / 4 - 1, weightBytes / 4];
  const body = `  float *a = arena;\n  a[${last}] = in[0];\n  for (long i = 0; i < ${words}; i += 8) {\n    float s = 0.0f;\n    for (long k = 0; k < 8; k++) s += sum_weights[i + k];\n    a[${last}] += s;\n  }\n  out[0] = a[${last}];`;
  return sampleProgram({ name: 'sum', body, shape: [1], arenaBytes, weights });
}

const inputs = [new Map([['x', f32([1], [1])]])];

describe.each([
  ['cortex-m4', 3 * MiB, 3 * MiB],
  ['cortex-m4', 10 * MiB, 3 * MiB],
  ['cortex-m7', 3 * MiB, 12 * MiB],
  ['cortex-m55', 21 * MiB, 8 * MiB],
  ['rv32', 21 * MiB, 8 * MiB],
  ['host', 21 * MiB, 8 * MiB],
])('%s with %d bytes of weights and an arena of %d', (device, weightBytes, arenaBytes) => {
  beforeEach((context) => skipWithout(cDevice(device).tools, device, context));

  test('runs', async () => {
    const [run] = await runC(sum(weightBytes, arenaBytes), device, inputs);
    expect([...(run?.outputs.get('y')?.data ?? [])]).toEqual([1 + (weightBytes / 32) * 12]);
  });
});

describe('a board that is too small', () => {
  beforeEach((context) => skipWithout(cDevice('cortex-m4').tools, 'cortex-m4', context));

  test.each([
    [21 * MiB, 1024, 'weights need 22020096 bytes; the board has at most 16777216 left in one piece (PSRAM)'],
    [1024, 17 * MiB, 'the board has at most 16777216 left in one piece (PSRAM)'],
  ])('is refused: %d, %d', async (weightBytes, arenaBytes, problem) => {
    await expect(prepareC(sum(weightBytes, arenaBytes), 'cortex-m4')).rejects.toThrow(problem);
  });
});
