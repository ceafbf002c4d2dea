import type { Attrs } from './node.ts';

/** Output row i reads the input rows i * stride - before up to i * stride - before + size - 1. */
export interface RowWindow {
  readonly size: number;
  readonly stride: number;
  readonly before: number;
  /** The value of rows outside the input. */
  readonly pad: number;
}

/** How an op on images [1,C,H,W] can be computed in bands of rows. */
export interface RowRule {
  /** By input; null: every row reads the whole input (weights, per-channel values). */
  readonly windows: readonly (RowWindow | null)[];
  /**
   * The node's attributes for a band. Rows outside the image are in memory, so nothing is padded above or
   * below.
   */
  readonly attrs: Attrs;
}
