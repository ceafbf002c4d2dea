import type { GhostTile } from '../../tuning.ts';

/** What a workgroup has of its primary channels: a tile and the halo that the cheap windows reach, in vec4s along rows. */
export interface Region {
  readonly rows: number;
  /** Vec4s of a row: those of the tile, and `side` on either side. */
  readonly groups: number;
  readonly side: number;
  readonly vectorsOfChannel: number;
  /** Of all channels. */
  readonly vectors: number;
}

export function regionOf({ rows, columns, blocks }: GhostTile, size: number): Region {
  const halo = size >> 1;
  const side = Math.ceil(halo / 4);
  const region = { rows: rows + 2 * halo, groups: columns / 4 + 2 * side, side };
  const vectorsOfChannel = region.rows * region.groups;
  return { ...region, vectorsOfChannel, vectors: 4 * blocks * vectorsOfChannel };
}
