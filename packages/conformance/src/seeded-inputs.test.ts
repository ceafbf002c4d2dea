import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { seededInputs } from './seeded-inputs.ts';

const pooled = (size: string): string => `graph @g(%x: f32[n,1,h,h])
  %y = max_pool %x {kernel_shape=[${size}]}
  return %y`;

test('symbolic dimensions are 1; where that is too small, the error names them', () => {
  const shapes = (text: string) =>
    [...seededInputs(parseGraph(text, { registry }), 1).values()].map(({ shape }) => shape);
  expect(shapes(pooled('1, 1'))).toEqual([[1, 1, 1, 1]]);
  expect(() => shapes(pooled('2, 1'))).toThrow(
    /a window of 2 .*sizes that are not given are 1, here n, h: --bind/s,
  );
});
