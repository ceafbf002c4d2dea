import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cDevice, skipWithout, wgslTools } from '@ghostc/runtimes';
import { expect, type TestContext } from 'vitest';
import { fuzzGraphs, saveIn } from './fuzz-graphs.ts';

/** Random graphs in all: a sample of `npm run fuzz:graphs`. GHOSTC_FUZZ_GRAPHS sets another number. */
export const RANDOM_GRAPHS = Number(process.env.GHOSTC_FUZZ_GRAPHS ?? 400);

/** One of two shards of the differential run, so that test files share the work. */
export async function checkGraphs(shard: number, context: TestContext): Promise<void> {
  skipWithout([...wgslTools, ...cDevice('host').tools], 'c and wgsl', context);
  const graphs = Math.ceil(RANDOM_GRAPHS / 2);
  const tally = await fuzzGraphs({
    graphs,
    from: shard * 1_000_000,
    seed: 1,
    targets: ['onnx', 'c', 'wgsl'],
    save: saveIn(process.env.GHOSTC_FUZZ_FAILURES ?? join(tmpdir(), 'ghostc-fuzz-failures')),
  });
  expect(tally.differing).toEqual([]);
  expect(tally).toMatchObject({ graphs, compared: { c: graphs } });
  // softmax in integers is all that WGSL refuses
  expect(tally.compared.wgsl).toBeGreaterThan(0.95 * graphs);
  for (const kind of ['dynamic', 'int8'] as const) expect(tally.kinds[kind]).toBeGreaterThan(0.05 * graphs);
}
