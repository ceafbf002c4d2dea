import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Box, firstFit, type Packing, packingOf } from './first-fit.ts';
import { searchOffsets } from './search-offsets.ts';

const limits = { goal: 0, budget: 1e6 };

const boxes = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.nat(5), fc.nat(3))
    .map(([high, start, length]): Box => [{ low: 0, high, start, end: start + length }]),
  { minLength: 1, maxLength: 5 },
);

/** The smallest arrangement of all: every combination of offsets. */
function smallest(list: readonly Box[]): number {
  const apart = (i: number, x: number, j: number, y: number): boolean => {
    const [a, b] = [list[i]?.[0], list[j]?.[0]];
    if (!a || !b || a.start > b.end || b.start > a.end) return true;
    return x + a.high <= y || y + b.high <= x;
  };
  const total = list.reduce((sum, box) => sum + (box[0]?.high ?? 0), 0);
  let best = total;
  const step = (offsets: number[], bytes: number): void => {
    if (bytes >= best) return;
    const i = offsets.length;
    if (i === list.length) best = bytes;
    else
      for (let x = 0; x + (list[i]?.[0]?.high ?? 0) < best; x++)
        if (offsets.every((y, j) => apart(i, x, j, y)))
          step([...offsets, x], Math.max(bytes, x + (list[i]?.[0]?.high ?? 0)));
  };
  step([], 0);
  return best;
}

it('finds the smallest arrangement and proves it', () => {
  fc.assert(
    fc.property(boxes, (list) => {
      const packing = packingOf(list, 1) as Packing;
      const start = firstFit(packing, [...list.keys()]);
      const { arrangement, proven } = searchOffsets(packing, start, limits);
      expect(proven).toBe(true);
      expect(arrangement.bytes).toBe(smallest(list));
    }),
    { numRuns: 150 },
  );
});

it('says when it stopped before the proof', () => {
  const list: Box[] = [3, 1, 4, 1, 5, 9, 2, 6].map((high, i) => [{ low: 0, high, start: i, end: i + 2 }]);
  const packing = packingOf(list, 1) as Packing;
  const start = { offsets: list.map((_, i) => 100 * i), bytes: 800 };
  expect(searchOffsets(packing, start, { goal: 0, budget: 3 }).proven).toBe(false);
  expect(searchOffsets(packing, start, limits).arrangement.bytes).toBe(17);
});
