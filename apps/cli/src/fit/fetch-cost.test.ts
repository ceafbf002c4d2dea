import { layerInstructions } from '@ghostc/backend-c';
import { compileC } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { findBoard } from './board-table.ts';
import { withFetches } from './fetch-cost.ts';
import { estimatedTime } from './run-time.ts';

const graph = parseGraph(
  `graph @net(%x: f32[1,8,12,12])
  const %w: f32[16,8,3,3] = random(1)
  const %v: f32[32,16,1,1] = random(2)
  const %u: f32[64,32,3,3] = random(3)
  const %t: f32[400,64] = random(4)
  %a = conv2d %x, %w {pads=[1,1,1,1]}
  %p = max_pool %a {kernel_shape=[2,2], strides=[2,2]}
  %b = conv2d %p, %v
  %c = conv2d %b, %u
  %m = global_average_pool %c
  %f = reshape %m {shape=[1,64]}
  %y = fully_connected %f, %t
  return %y`,
  { registry },
);
const program = compileC(graph, { weights: 'fetch', device: 'cortex-m4', fetchRam: 40 * 1024 });

/** A bus and a processor, event by event: what the code of the program does. */
function simulated(rate: number, seconds: readonly number[], skipped: ReadonlySet<number>): number {
  let now = 0;
  let arrived = 0;
  const ask = (i: number): void => {
    const { bytes = 0 } = program.fetches[i] ?? {};
    arrived = now + (skipped.has(i) ? 0 : bytes / rate);
  };
  ask(0);
  for (const [i, { layers }] of program.fetches.entries()) {
    now = Math.max(now, arrived);
    if (i + 1 < program.fetches.length) ask(i + 1);
    for (const cost of seconds.slice(...layers)) now += cost;
  }
  return now;
}

/** The time of a run by its layers. */
function layerSeconds(seconds: number): number[] {
  const costs = program.layers.map((layer) => layerInstructions(layer, 'cortex-m4'));
  const all = costs.reduce((total, cost) => total + cost, 0);
  return costs.map((cost) => (seconds * cost) / all);
}

const board = (bytesPerSecond: number) => ({
  ...findBoard('nrf52840'),
  externalFlash: { bytes: 2 ** 23, bytesPerSecond, source: 'a test' },
});

test.each([2e5, 1e6, 4e6, 1e8])('at %d bytes a second the wait is that of a simulated bus', (rate) => {
  const time = estimatedTime(program, board(rate));
  const { fetch, seconds } = withFetches(time, { program, board: board(rate), room: 0 });
  const each = layerSeconds(time.seconds);
  expect(seconds).toBeCloseTo(simulated(rate, each, new Set()), 9);
  expect(seconds - time.seconds).toBeCloseTo(fetch?.waitSeconds ?? 0, 9);
  expect(fetch?.inside).toEqual([]);
});

test('what is kept inside fits there, and leaves the wait that a simulation leaves', () => {
  const rate = 1e6;
  const room = 20 * 1024;
  const time = estimatedTime(program, board(rate));
  const { fetch } = withFetches(time, { program, board: board(rate), room });
  expect(fetch?.insideBytes).toBeGreaterThan(0);
  expect(fetch?.insideBytes).toBeLessThanOrEqual(room);
  const kept = (offset: number): boolean =>
    fetch?.inside.some((one) => offset >= one.offset && offset < one.offset + one.bytes) ?? false;
  const skipped = new Set(program.fetches.flatMap(({ offset }, i) => (kept(offset) ? [i] : [])));
  const each = layerSeconds(time.seconds);
  expect(time.seconds + (fetch?.waitSecondsInside ?? 0)).toBeCloseTo(simulated(rate, each, skipped), 9);
});
