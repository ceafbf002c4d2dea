import type { Node, RowRule, Value } from '@ghostc/ir';
import type { Step } from './memory-plan.ts';

/** How each node can be computed row by row; null: it cannot. */
export type RowRules = (node: Node) => RowRule | null;

/**
 * Part of a graph that is computed in bands of rows, in a loop: in band t every value gets the next `rows` of its rows,
 * delayed by `lag`: rows [t * rows - lag, (t + 1) * rows - lag) without those outside [0, height). What a later
 * band reads again stays in the value's slab, so that nothing is computed twice.
 */
export interface Stream {
  /**
   * What one band computes: nodes of the original ops on bands of rows, which are in no graph, and moves of
   * rows. Nodes refer to values of the surrounding graph that they read whole.
   */
  readonly steps: readonly (Node | RowMove)[];
  /** They keep their rows from band to band. */
  readonly slabs: readonly Value[];
  /** Bands that each step has something to do in: [first, end). */
  readonly active: ReadonlyMap<Step, readonly [number, number]>;
  readonly bands: number;
  /** What the rows of each slab hold before the first band. */
  readonly pads: ReadonlyMap<Value, number>;
}

/**
 * Moves of rows between a band [1,C,rows,W] and an image:
 * - `load`: rows of `image`, a value of the surrounding graph or a slab (rate 0), to the band
 * - `push`: the band to the end of the slab `image`, whose other rows move up
 * - `store`: the band to its rows of `image`, a value of the surrounding graph
 * In band t the first row of the band is row t * rate - lag of an image with `height` rows; `pad` stands for rows outside.
 */
export interface RowMove extends Step {
  readonly kind: 'load' | 'push' | 'store';
  readonly band: Value;
  readonly image: Value;
  readonly rows: number;
  readonly rate: number;
  readonly lag: number;
  readonly height: number;
  readonly pad: number;
}
