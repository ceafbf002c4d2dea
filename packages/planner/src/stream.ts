import type { Graph, Node, RowRule, Value } from '@ghostc/ir';

/** How each node can be computed row by row; null: it cannot. */
export type RowRules = (node: Node) => RowRule | null;

/**
 * Part of a graph that is computed in bands of rows, in a loop: in band t every value gets the next `rows` of its rows,
 * `lag` behind: rows [t * rows - lag, (t + 1) * rows - lag), of which those outside [0, height) are left out. What a later
 * band reads again stays in the value's slab, so that nothing is computed twice.
 */
export interface Stream {
  /**
   * What one band computes: nodes of the original ops on bands of rows, and moves of rows (`moves`). Its
   * inputs are the slabs, which keep their rows from band to band. Nodes refer to values of the surrounding graph where
   * they read them whole.
   */
  readonly body: Graph;
  readonly moves: ReadonlyMap<Node, RowMove>;
  /** Bands that each node has something to do in: [first, end). */
  readonly active: ReadonlyMap<Node, readonly [number, number]>;
  readonly bands: number;
  /** What the rows of each slab hold before the first band. */
  readonly pads: ReadonlyMap<Value, number>;
}

/**
 * Moves of rows between a band [1,C,rows,W] and an image:
 * - `load`: rows of `image`, a value of the surrounding graph or a slab (rate 0), to the node's output
 * - `push`: the node's input to the end of the slab `image`, whose other rows move up
 * - `store`: the node's input to its rows of `image`, a value of the surrounding graph
 * In band t the first row of the band is row t * rate - lag of an image with `height` rows; `pad` stands for rows outside.
 */
export interface RowMove {
  readonly kind: 'load' | 'push' | 'store';
  readonly image: Value;
  readonly rows: number;
  readonly rate: number;
  readonly lag: number;
  readonly height: number;
  readonly pad: number;
}
