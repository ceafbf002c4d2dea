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

type Area = Pick<GhostSizes, 'H' | 'W' | 'size'>;

/** Does a tile fit a workgroup's memory, with whole vec4s of columns? */
export function isGhostTile({ rows, columns, blocks }: GhostTile, { size }: Pick<Area, 'size'>): boolean {
  const whole = Number.isInteger(rows) && rows > 0 && columns > 0 && columns % 4 === 0;
  return whole && regionOf({ rows, columns, blocks }, size).vectors <= storageVectors;
}

/** The tile of least cost; undefined where none fits, as of a cheap kernel of 31x31. */
export function bestGhostTile(sizes: GhostSizes): GhostTile | undefined {
  const [best] = rankedTiles(sizes);
  return best;
}

/** Tiles that tuning tries: the cheapest of each number of channels and invocations. */
export function ghostTiles(sizes: GhostSizes): readonly GhostTile[] {
  const kinds = new Set<string>();
  return rankedTiles(sizes).filter(({ blocks, group }) => {
    const kind = `${blocks} ${group}`;
    return !kinds.has(kind) && kinds.add(kind);
  });
}

function rankedTiles(sizes: GhostSizes): GhostTile[] {
  const costs = candidates(sizes).map((tile) => ({ tile, cost: ghostTileCost(tile, sizes) }));
  return costs.sort((a, b) => a.cost - b.cost).map(({ tile }) => tile);
}

/** Every even division of rows and columns that fits. */
function candidates(sizes: GhostSizes): GhostTile[] {
  const { H, W } = sizes;
  const columns = divisions(Math.ceil(W / 4)).map((groups) => groups * 4);
  const rows = divisions(H);
  const shapes = ([1, 2] as const).flatMap((blocks) =>
    columns.flatMap((width) => rows.map((height) => ({ blocks, rows: height, columns: width }))),
  );
  return shapes
    .flatMap((shape) => ([32, 64, 128] as const).map((group) => ({ ...shape, group })))
    .filter((tile) => isGhostTile(tile, sizes));
}

/** ceil(n / k) for every k. */
function divisions(n: number): number[] {
  return [...new Set(Array.from({ length: n }, (_, k) => Math.ceil(n / (k + 1))))];
}

/**
 * Multiplications of four floats, and what stands for them, of the workgroups that run one after another. Of the primary
 * channels a workgroup computes those of its border again; in exchange their windows are read from its own memory. Larger
 * tiles have less border, fewer channels to share each load of the input with, and leave more of an adapter idle.
 */
export function ghostTileCost(tile: GhostTile, sizes: GhostSizes): number {
  const { N, K, H, W, INIT, size, multiplier } = sizes;
  const { blocks, rows, columns, group } = tile;
  const region = regionOf(tile, size);
  const turns = (items: number): number => Math.ceil(items / group) * group;
  const inside = Math.min(region.rows, H) * Math.min(region.groups, Math.ceil(W / 4));
  const primary = turns(inside) * K * (globalLoad * (1 + blocks) + 4 * blocks);
  const outputs = 4 * blocks * multiplier * rows * (columns / 4);
  const cheap = turns(outputs) * size * (size + localLoad * (1 + 2 * region.side));
  const groups = N * Math.ceil(INIT / (4 * blocks)) * Math.ceil(H / rows) * Math.ceil(W / columns);
  return Math.ceil(groups / units) * (primary + cheap + region.vectors * localLoad);
}
