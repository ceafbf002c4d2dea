import type { Graph, Node, StorageRule, Value } from '@ghostc/ir';

/** What a plan orders: a node, or another step that reads and writes values. */
export interface Step {
  /** null marks an absent optional input. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
}

/** Steps in an order in which each value is computed before it is read. */
export interface Program<S extends Step> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly { readonly value: Value }[];
  readonly constants: Iterable<Value>;
  readonly steps: readonly S[];
}

/** The program of a graph: each node is a step. */
export function programOf(graph: Graph): Program<Node> {
  const { inputs, outputs, constants } = graph;
  return { inputs, outputs, constants, steps: [...graph.nodes()] };
}

/**
 * Where a value is stored. `index` counts graph inputs, outputs or constants (0 for the arena); `offset` is
 * in bytes.
 */
export interface Placement {
  readonly region: 'arena' | 'input' | 'output' | 'constant';
  readonly index: number;
  readonly offset: number;
}

export interface PlanOptions<S extends Step = Node> {
  readonly storageRule: (step: S) => StorageRule;
  /**
   * `caller`: graph inputs and outputs are the caller's buffers; inputs are read-only, a value that becomes an output may
   * be computed straight into its buffer. `arena`: all are in the arena, and a dead input's memory is used again.
   */
  readonly io: 'caller' | 'arena';
  /** Alignment of every arena buffer in bytes, a power of two. */
  readonly align: number;
  /** Alignment in bytes that the parts of a concat need to be placed straight into its output. Default: none. */
  readonly partAlign?: number | undefined;
  /** `given`: steps run in the order of the program. Default: the order with the smallest peak. */
  readonly order?: 'given' | undefined;
  /**
   * Steps that run as one, each list in the order of execution, once it is known which steps cost nothing: what one of them reads
   * keeps its memory until all have run. No value may go from one of them through another step and back, nor in a circle through
   * several lists.
   */
  readonly together?: ((elided: ReadonlySet<Step>) => readonly (readonly S[])[]) | undefined;
  /** Bytes that a step needs for itself while it runs. */
  readonly scratchBytes?: ((step: S) => number) | undefined;
}

export interface MemoryPlan<S extends Step = Node> {
  /** All steps, in the order of execution. */
  readonly order: readonly S[];
  /**
   * Every value of the graph. A graph output whose value is not in its `output` region (an input or a
   * constant returned directly, one value returned twice) must be copied at the end.
   */
  readonly placements: ReadonlyMap<Value, Placement>;
  /** Where the scratch of steps is, for steps that need some. */
  readonly scratch: ReadonlyMap<Step, Placement>;
  /** Steps that need no code: views, and concats whose inputs are in place. */
  readonly elided: ReadonlySet<Step>;
  readonly arenaBytes: number;
  /**
   * Minimum over all orders of the bytes in use at the peak, in whole granules of the alignment if that is
   * larger: no plan is smaller.
   */
  readonly lowerBound: number;
  /** `arenaBytes` less the lower bound rounded up to the alignment; 0: the plan is optimal. */
  readonly gap: number;
  /** Live arena bytes while running step i runs: see `runningSteps`. */
  readonly live: readonly number[];
}
