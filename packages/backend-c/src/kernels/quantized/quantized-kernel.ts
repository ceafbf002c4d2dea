import type { Node } from '@ghostc/ir';
import type { Kernel } from '../../kernel.ts';

/** Code for one quantised op. Portable kernels take every node; tuned ones may take some. */
export interface QuantizedKernel {
  readonly emit: Kernel;
  /** Bytes of working memory in the arena; none if absent. */
  readonly scratchBytes?: (node: Node) => number;
  /** Absent: takes every node. */
  readonly accepts?: (node: Node) => boolean;
  /** May the output lie over input 0, from the same byte on? Absent: never. */
  readonly overwritesInput?: (node: Node) => boolean;
}
