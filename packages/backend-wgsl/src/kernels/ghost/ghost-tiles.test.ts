import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GhostSizes } from './ghost-sizes.ts';
import { ghostTiles, isGhostTile } from './ghost-tiles.ts';
import { regionOf } from './tile-region.ts';

const sizes = (one: Partial<GhostSizes>): GhostSizes => ({
  ...{ N: 1, K: 16, H: 56, W: 56, INIT: 8, CHEAP: 8, size: 3, multiplier: 1 },
  ...one,
});

test('tiles fit 16 KiB, with their halo, and no plane is without one', () => {
  const size = fc.integer({ min: 1, max: 300 });
  const channels = fc.integer({ min: 1, max: 64 });
  fc.assert(
    fc.property(size, size, channels, fc.constantFrom(1, 3, 5, 7, 11), (H, W, INIT, kernel) => {
      const layer = sizes({ H, W, INIT, CHEAP: INIT, size: kernel });
      const tiles = ghostTiles(layer);
      expect(tiles.length).toBeGreaterThan(0);
      for (const tile of tiles) {
        expect(isGhostTile(tile, layer)).toBe(true);
        expect(regionOf(tile, kernel).vectors * 16).toBeLessThanOrEqual(16384);
        expect(tile.rows).toBeLessThanOrEqual(H);
        expect(tile.columns).toBeLessThan(W + 4);
      }
    }),
    { numRuns: 60 },
  );
});

test('a halo that is large beside the tile is expensive', () => {
  const [small] = ghostTiles(sizes({ size: 3 }));
  const [large] = ghostTiles(sizes({ size: 9 }));
  const part = ({ rows, columns }: { rows: number; columns: number }) => rows * columns;
  expect(part(large as never)).toBeGreaterThan(0);
  expect(regionOf(small as never, 3).vectorsOfChannel * 4).toBeLessThan(2 * part(small as never));
});

test('no tile fits a cheap kernel of 31x31, and none has single columns', () => {
  expect(ghostTiles(sizes({ size: 31 }))).toEqual([]);
  expect(isGhostTile({ blocks: 1, rows: 4, columns: 6 }, { size: 3 })).toBe(false);
  expect(isGhostTile({ blocks: 1, rows: 1.5, columns: 8 }, { size: 3 })).toBe(false);
});
