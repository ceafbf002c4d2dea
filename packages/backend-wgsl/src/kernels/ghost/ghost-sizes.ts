import { type Node, staticShape, type Value } from '@ghostc/ir';
import { sourceOf } from '../operands.ts';

/** Sizes of a Ghost module: K input channels, INIT primary and CHEAP cheap ones, a cheap kernel of size x size. */
export interface GhostSizes {
  readonly N: number;
  readonly K: number;
  readonly H: number;
  readonly W: number;
  readonly INIT: number;
  readonly CHEAP: number;
  readonly size: number;
  /** Cheap channels of one primary channel: the ratio less one. */
  readonly multiplier: number;
}

/** Of a `ghost_module` with a 1x1 primary convolution and a cheap part, or of a `fused_ghost_module`. */
export function ghostSizesOf(node: Node): GhostSizes {
  const shape = (value: Value): readonly number[] => staticShape(value.type.shape);
  const [N = 1, K = 1, H = 1, W = 1] = shape(sourceOf(node, 0));
  const [CHEAP = 1, , size = 1] = shape(sourceOf(node, 3));
  const [INIT = 1] = shape(sourceOf(node, 1));
  return { N, K, H, W, INIT, CHEAP, size, multiplier: Math.max(1, Number(node.attrs.ratio ?? 2) - 1) };
}

/** The module among the choices of a tuning: channels in, primary + cheap ones, plane, cheap kernel. */
export function ghostKey({ K, INIT, CHEAP, H, W, size }: GhostSizes): string {
  return `ghost_module ${K}x${INIT}+${CHEAP} ${H}x${W} ${size}x${size}`;
}

/**
 * Are the planes small enough for one workgroup to have whole ones? Of larger planes there are too few to keep an adapter
 * busy.
 */
export function hasWholePlanes({ H, W }: GhostSizes): boolean {
  return H * W <= 256;
}
