import { groupSize } from '../../text/module-text.ts';
import type { GhostTile } from '../../tuning.ts';
import type { GhostSizes } from './ghost-sizes.ts';
import { regionOf } from './tile-region.ts';

/** WebGPU's default maxComputeWorkgroupStorageSize, in vec4s. */
const storageVectors = 16384 / 16;
/** Workgroups that an adapter is taken to run at once. */
const units = 32;
/** Costs of loads of four floats, in multiplications of four floats. */
const globalLoad = 2;
const localLoad = 1;

/** Does a tile fit a workgroup's memory, with whole vec4s of columns? */
export function isGhostTile(tile: GhostTile, { size }: Pick<GhostSizes, 'size'>): boolean {
  const { rows, columns } = tile;
  const whole = Number.isInteger(rows) && rows > 0 && columns > 0 && columns % 4 === 0;
  return whole && regionOf(tile, size).vectors <= storageVectors;
}

/** The cheapest tile for each number of channels, best first; none where none fits, as of a cheap kernel of 31x31. */
export function ghostTiles(sizes: GhostSizes): readonly GhostTile[] {
  const best = ([1, 2] as const).flatMap((blocks) => {
    const fitting = divisionsOf(sizes)
      .map((shape): GhostTile => ({ blocks, ...shape }))
      .filter((tile) => isGhostTile(tile, sizes));
    return ranked(fitting, sizes).slice(0, 1);
  });
  return ranked(best, sizes);
}

function ranked(tiles: readonly GhostTile[], sizes: GhostSizes): GhostTile[] {
  const costs = tiles.map((tile) => ({ tile, cost: ghostTileCost(tile, sizes) }));
  return costs.sort((a, b) => a.cost - b.cost).map(({ tile }) => tile);
}

/** Every even division of rows and of columns. */
function divisionsOf({ H, W }: GhostSizes): Omit<GhostTile, 'blocks'>[] {
  const widths = divisions(Math.ceil(W / 4)).map((groups) => groups * 4);
  return divisions(H).flatMap((rows) => widths.map((columns) => ({ rows, columns })));
}

/** ceil(n / k) for every k. */
function divisions(n: number): number[] {
  return [...new Set(Array.from({ length: n }, (_, k) => Math.ceil(n / (k + 1))))];
}

/**
 * Multiplications of four floats, and what stands for them, of the workgroups that run one after another. Of the primary
 * channels a workgroup computes those of its halo again; in exchange their windows are read from its own memory. Larger
 * tiles have less halo, fewer channels to share each load of the input with, and leave more of an adapter idle.
 */
function ghostTileCost(tile: GhostTile, sizes: GhostSizes): number {
  const { N, K, H, W, INIT, size, multiplier } = sizes;
  const { blocks, rows, columns } = tile;
  const region = regionOf(tile, size);
  const inside = Math.min(region.rows, H) * Math.min(region.groups, Math.ceil(W / 4));
  const primary = turns(inside) * K * (globalLoad * (1 + blocks) + 4 * blocks);
  const outputs = 4 * blocks * multiplier * rows * (columns / 4);
  const cheap = turns(outputs) * size * (size + localLoad * (1 + 2 * region.side));
  const groups = N * Math.ceil(INIT / (4 * blocks)) * Math.ceil(H / rows) * Math.ceil(W / columns);
  return Math.ceil(groups / units) * (primary + cheap + region.vectors * localLoad);
}

/** Items of a workgroup, idle invocations included. */
function turns(items: number): number {
  return Math.ceil(items / groupSize) * groupSize;
}
