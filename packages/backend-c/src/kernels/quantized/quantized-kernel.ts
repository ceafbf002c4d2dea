import type { Node } from '@ghostc/ir';
import type { Kernel } from '../../kernel.ts';

/** Code for one quantised op. Portable kernels take every node; tuned ones may take some. */
export interface QuantizedKernel {
  readonly emit: Kernel;
  /** Bytes of working memory in the arena; none if absent. */
  readonly scratchBytes?: (node: Node) => number;
  /** May the output be written over input 0, for a node that it takes? Absent: as the op allows. */
  readonly inPlace?: (node: Node) => boolean;
  /** Absent: takes every node. */
  readonly accepts?: (node: Node) => boolean;
}
