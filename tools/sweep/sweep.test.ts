import { cDevice, skipWithout, wgslTools } from '@ghostc/runtimes';
import { expect, test } from 'vitest';
import { convTransposeCases } from './conv-transpose-cases.ts';
import { everyNth } from './every-nth.ts';
import { resizeCases } from './resize-cases.ts';
import { runSweep } from './run-sweep.ts';

const samples = {
  Resize: () => everyNth(resizeCases(), { every: 4639, from: 5 }),
  ConvTranspose: () => everyNth(convTransposeCases(), { every: 197, from: 3 }),
};

test.for(Object.entries(samples))('a sample of the sweep of %s', async ([, cases], context) => {
  skipWithout([...cDevice('host').tools, ...wgslTools], 'sweep', context);
  const { wrong, counts } = await runSweep(cases());
  expect(wrong).toEqual([]);
  for (const { agree } of Object.values(counts)) expect(agree).toBeGreaterThan(10);
});
