import type { Node, StorageRule, Value } from '@ghostc/ir';

/** Where a value lies. `index` counts graph inputs, outputs or constants (0 for the arena); `offset` is in bytes. */
export interface Placement {
  readonly region: 'arena' | 'input' | 'output' | 'constant';
  readonly index: number;
  readonly offset: number;
}

export interface PlanOptions {
  readonly storageRule: (node: Node) => StorageRule;
  /**
   * `caller`: graph inputs and outputs are the caller's buffers; inputs are read-only, a value that becomes an output may
   * be computed straight into its buffer. `arena`: all are in the arena, and a dead input's memory is used again.
   */
  readonly io: 'caller' | 'arena';
  /** Alignment of every arena buffer in bytes, a power of two. */
  readonly align: number;
  /** Alignment in bytes that the parts of a concat need to be placed straight into its output. Default: none. */
  readonly partAlign?: number | undefined;
  /** `given`: nodes run in the order of the graph. Default: the order with the smallest peak. */
  readonly order?: 'given' | undefined;
  /** Bytes that a node needs for itself while it runs. */
  readonly scratchBytes?: ((node: Node) => number) | undefined;
}

export interface MemoryPlan {
  /** All nodes, in the order of execution. */
  readonly order: readonly Node[];
  /**
   * Every value of the graph. A graph output whose value does not lie in its `output` region (an input or a constant
   * returned as it is, one value returned twice) is to be copied at the end.
   */
  readonly placements: ReadonlyMap<Value, Placement>;
  /** Where the scratch of nodes lies, for nodes that asked for some. */
  readonly scratch: ReadonlyMap<Node, Placement>;
  /** Nodes that need no code: views, and concats whose inputs lie in place. */
  readonly elided: ReadonlySet<Node>;
  readonly arenaBytes: number;
  /** Bytes in use at the peak of every order, in whole granules of the alignment where that tells more: no plan takes less. */
  readonly lowerBound: number;
  /** `arenaBytes` less the lower bound rounded up to the alignment; 0: the plan is optimal. */
  readonly gap: number;
  /** Live arena bytes while node `order[i]` runs. */
  readonly live: readonly number[];
}
