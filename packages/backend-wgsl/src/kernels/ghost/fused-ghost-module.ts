import { CompileError, type Node } from '@ghostc/ir';
import type { Emit, Kernel } from '../../kernel.ts';
import { type GhostTile, type Tuning, tunedForm } from '../../tuning.ts';
import { at } from '../operands.ts';
import { wideGhost } from '../wide/wide-ghost.ts';
import { type GhostSizes, ghostKey, ghostSizesOf, hasWholePlanes } from './ghost-sizes.ts';
import { ghostTiles, isGhostTile } from './ghost-tiles.ts';
import { tiledPlanes } from './tiled-planes.ts';
import { ghostScratchBytes, wholePlanes } from './whole-planes.ts';

const emit: Emit = (context) => {
  const sizes = ghostSizesOf(context.node);
  if (hasWholePlanes(sizes)) return [wholePlanes(context, sizes)];
  const tile = context.tile(ghostKey(sizes)) ?? ghostTiles(sizes)[0];
  if (!tile || !isGhostTile(tile, sizes)) throw unfit(context.node, tile, sizes);
  return [tiledPlanes(context, sizes, tile)];
};

/** A Ghost module in one dispatch: whole planes a workgroup where they are small, else tiles. */
export const fusedGhostModule: Kernel = {
  emit,
  emitWide: (context) => {
    const sizes = ghostSizesOf(context.node);
    return (hasWholePlanes(sizes) && wideGhost(context, sizes)) || emit(context);
  },
  scratchBytes: ghostScratchBytes,
};

function unfit(node: Node, tile: GhostTile | undefined, { size }: GhostSizes): CompileError {
  const what = tile ? `the tile of ${tile.rows}x${tile.columns} pixels does not fit` : 'no tile fits';
  const problem = `${what} the memory of a workgroup, with a cheap kernel of ${size}x${size}`;
  return new CompileError('wgsl/tile', problem, at(node));
}

export interface FusingOptions {
  /** Fuse wherever there is a kernel. */
  readonly fuseGhost?: boolean | undefined;
  readonly tuning?: Tuning | undefined;
}

/**
 * Should a Ghost module be one kernel? As it was measured; else where its planes are small, or, with `fuseGhost`, wherever
 * a tile fits.
 */
export function fusesGhost(node: Node, { fuseGhost = false, tuning = {} }: FusingOptions): boolean {
  const sizes = ghostSizesOf(node);
  const chosen = tunedForm(tuning, ghostKey(sizes));
  if (chosen) return chosen.fused;
  return hasWholePlanes(sizes) || (fuseGhost && ghostTiles(sizes).length > 0);
}
