import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcastStrides, collapseNest, type StridedNest } from './strided-nest.ts';

/** Offsets of every tensor at every point, in order. */
function walk({ dims, strides }: StridedNest): number[][] {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return Array.from({ length: count }, (_, item) => {
    let rest = item;
    const index = [...dims].reverse().map((dim) => {
      const i = rest % dim;
      rest = Math.floor(rest / dim);
      return i;
    });
    index.reverse();
    return strides.map((steps) => index.reduce((sum, i, axis) => sum + i * (steps[axis] ?? 0), 0));
  });
}

test('a collapsed nest visits the same offsets in the same order', () => {
  const axis = fc.record({
    size: fc.integer({ min: 1, max: 4 }),
    steps: fc.tuple(fc.integer({ min: -6, max: 12 }), fc.integer({ min: 0, max: 12 })),
  });
  fc.assert(
    fc.property(fc.array(axis, { maxLength: 5 }), (axes) => {
      const nest = {
        dims: axes.map(({ size }) => size),
        strides: [0, 1].map((t) => axes.map(({ steps }) => steps[t] ?? 0)),
      };
      expect(walk(collapseNest(nest))).toEqual(walk(nest));
    }),
  );
});

test('contiguous axes merge into one', () => {
  const nest = {
    dims: [2, 1, 3, 4],
    strides: [
      [12, 12, 4, 1],
      [24, 7, 8, 2],
    ],
  };
  expect(collapseNest(nest)).toEqual({ dims: [24], strides: [[1], [2]] });
});

test('broadcast axes have stride 0', () => {
  expect(broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0]);
  expect(broadcastStrides([], [2, 3])).toEqual([0, 0]);
  expect(broadcastStrides([2, 3, 4], [2, 3, 4])).toEqual([12, 4, 1]);
});
