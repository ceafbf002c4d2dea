import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Piece } from './first-fit.ts';
import { firstHole } from './first-hole.ts';

const pieces = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.nat(20), fc.nat(6))
    .map(([high, start, length]): Piece => ({ low: 0, high, start, end: start + length })),
  { minLength: 1, maxLength: 30 },
);

it('boxes in use at the same step share no byte, and lie inside of the arena at aligned offsets', () => {
  fc.assert(
    fc.property(pieces, fc.constantFrom(1, 4, 16), (list, align) => {
      const { offsets, bytes } = firstHole(
        list.map((piece) => [piece]),
        align,
      );
      const placed = list.map((piece, i) => ({
        ...piece,
        from: offsets[i] ?? 0,
        to: (offsets[i] ?? 0) + piece.high,
      }));
      for (const [i, a] of placed.entries()) {
        expect(a.from % align).toBe(0);
        expect(a.to).toBeLessThanOrEqual(bytes);
        for (const b of placed.slice(i + 1))
          if (a.start <= b.end && b.start <= a.end) expect(a.to <= b.from || b.to <= a.from).toBe(true);
      }
    }),
    { seed: 1 },
  );
});
