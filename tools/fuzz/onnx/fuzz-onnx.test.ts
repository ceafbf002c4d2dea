import { cDevice, skipWithout, wgslTools } from '@ghostc/runtimes';
import { expect, test } from 'vitest';
import { fuzzOnnx } from './fuzz-onnx.ts';

test('a sample of random ONNX models gives the same as ONNX Runtime on every target', {
  timeout: 900_000,
}, async (context) => {
  skipWithout([...wgslTools, ...cDevice('host').tools], 'c and wgsl', context);
  const { graphs, failures, ops } = await fuzzOnnx({ count: 36, seed: 3 });
  expect(failures).toEqual([]);
  expect(graphs).toBe(36);
  const agreed = Object.values(ops).reduce((sum, { agree }) => sum + agree, 0);
  expect(agreed).toBeGreaterThan(graphs / 2);
});
