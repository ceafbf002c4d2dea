import type { Attrs } from './node.ts';

/** Output row i reads the input rows i * stride - before up to i * stride - before + size - 1. */
export interface RowWindow {
  readonly size: number;
  readonly stride: number;
  readonly before: number;
  /** What rows outside the input hold. */
  readonly pad: number;
}

/** How an op on images [1,C,H,W] can be computed band of rows by band of rows. */
export interface RowRule {
  /** By input; null: every row reads it whole (weights, one value a channel). */
  readonly windows: readonly (RowWindow | null)[];
  /** The node's attributes for a band, whose rows outside the image are in memory: nothing is padded above or below. */
  readonly attrs: Attrs;
}
