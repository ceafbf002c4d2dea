import { expect, test } from 'vitest';
import { packBias, packChannels } from './pack-channels.ts';

test('four channels interleave, groups are padded apart', () => {
  const weights = Float32Array.from({ length: 2 * 5 * 2 }, (_, i) => i + 1); // 2 groups of 5 channels of 2 weights
  const packed = packChannels(weights, { groups: 2, perGroup: 5, inner: 2 });
  expect([...packed]).toEqual([
    ...[1, 3, 5, 7, 2, 4, 6, 8],
    ...[9, 0, 0, 0, 10, 0, 0, 0],
    ...[11, 13, 15, 17, 12, 14, 16, 18],
    ...[19, 0, 0, 0, 20, 0, 0, 0],
  ]);
});

test('a missing bias is zeros, as many as blocks hold', () => {
  expect([...packBias(null, { groups: 2, perGroup: 3, inner: 9 })]).toEqual(new Array(8).fill(0));
  expect([...packBias(Float32Array.of(1, 2, 3), { groups: 1, perGroup: 3, inner: 9 })]).toEqual([1, 2, 3, 0]);
});
