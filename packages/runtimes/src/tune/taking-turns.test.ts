import type { Runtime } from '@ghostc/conformance';
import { Graph } from '@ghostc/ir';
import { expect, test, vi } from 'vitest';
import { type Pairs, pairedVerdict } from './paired-times.ts';
import { takingTurns } from './taking-turns.ts';

/** A runtime that takes some milliseconds of a clock that nothing else moves. */
function taking(clock: { now: number }, milliseconds: () => number): Runtime {
  const run = async () => {
    clock.now += milliseconds();
    return new Map();
  };
  return { name: 'clocked', prepare: async () => ({ run }) };
}

async function verdictOf(base: () => number, other: () => number): Promise<string | undefined> {
  const clock = { now: 0 };
  const now = vi.spyOn(performance, 'now').mockImplementation(() => clock.now);
  const found: Pairs[] = [];
  const runtime = takingTurns(taking(clock, base), taking(clock, other), (pairs) => found.push(pairs));
  const executable = await runtime.prepare(new Graph('g'));
  for (let i = 0; i < 2; i++) await executable.run(new Map());
  now.mockRestore();
  expect(found).toHaveLength(1); // only the first inputs are timed
  return found[0] && pairedVerdict(found[0]).verdict;
}

test('turns of two engines tell which is faster, though the machine slows down meanwhile', async () => {
  let load = 1;
  const drifting = (factor: number) => () => {
    load *= 1.001;
    return factor * load;
  };
  expect(await verdictOf(drifting(1), drifting(1.2))).toBe('slower');
  expect(await verdictOf(drifting(1.2), drifting(1))).toBe('faster');
  expect(await verdictOf(drifting(1), drifting(1))).toBe('equal');
  expect(await verdictOf(drifting(0.01), drifting(0.02))).toBe('slower'); // a round has many runs
});
