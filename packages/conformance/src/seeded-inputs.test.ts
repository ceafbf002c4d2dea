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

test('integers that are indices lie within the axis, also after a cast and a reshape', () => {
  const text = `graph @g(%i: i32[40])
  const %table: f32[7,2] = random(1)
  %0 = cast %i {to="i64"}
  %1 = reshape %0 {shape=[8,5]}
  %y = gather %table, %1
  return %y`;
  const { data } = [...seededInputs(parseGraph(text, { registry }), 1).values()][0] ?? { data: [] };
  expect(Math.min(...Array.from(data, Number))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...Array.from(data, Number))).toBeLessThan(7);
});
