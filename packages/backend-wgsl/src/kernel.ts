import type { DType, Node, Value } from '@ghostc/ir';
import type { BlockShape, GhostTile } from './tuning.ts';

/** Element type under which a module sees a buffer. The bytes are the same; indices are in units of it. */
export type Lane = 'f32' | 'vec4f';

/** Where a value lies: in the arena, or among the weights. `offset` is in words of 32 bits. */
export interface Place {
  readonly buffer: 'arena' | 'weights';
  readonly offset: number;
}

/** Code of one family of kernels. Equal sources are one module, whatever the layers' sizes: those are constants. */
export interface KernelCode {
  /** Start of the module's id: what it computes, and the variant. Letters, digits, `_`. */
  readonly id: string;
  readonly arena: Lane | 'i32';
  readonly weights: Lane | 'i32';
  /** Functions that `body` calls. */
  readonly functions?: readonly string[];
  /**
   * Statements. With `item`, 0 <= item < COUNT, in scope; or, where `group` is given, with `tile`, 0 <= tile < COUNT, the
   * number of the workgroup, and `lane`, 0 <= lane < group: then all invocations of a workgroup run them together. LANES is `group`.
   */
  readonly body: string;
  /** Invocations of a workgroup, for bodies that work on a tile together. */
  readonly group?: number;
  /** `body` calls `matrix(i)`: vec4f number i of the matrices, whatever their type in memory. */
  readonly matrix?: boolean;
  /** The same with subgroup operations; bodies that have `group`. Also in scope: `quad`, 0 <= quad < 4. */
  readonly subgroupBody?: string;
  /** The same with dot4I8Packed; the functions that differ are given separately. */
  readonly dotBody?: string;
  readonly dotFunctions?: readonly string[];
}

/** One dispatch: code, the values of its parameters, and the number of invocations (or workgroups) that have work. */
export interface Step extends KernelCode {
  readonly ints: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly count: number;
}

/** What a kernel may ask while it emits a node. */
export interface KernelContext {
  readonly node: Node;
  /** The type that a value represents: values other than quantised bytes are stored as float32. */
  typeOf(value: Value): DType;
  place(value: Value): Place;
  /** Offset in the arena, in words. A constant is copied there once, at the start of each run. */
  arena(value: Value): number;
  /** The shape for a layer: the tuned one, or `fallback`, which the static cost model gives. */
  shape(key: string, fallback: BlockShape): BlockShape;
  /** The tile of a fused Ghost module, if one was measured. */
  tile(key: string): GhostTile | undefined;
  /** Adds to the weight buffer; the offset in floats, a multiple of 4. */
  weights(data: Float32Array | Int32Array): number;
  /** Offset in the arena, in floats, of the scratch memory that the node asked for; 0 if it asked for none. */
  scratch(): number;
  /** Adds a matrix for `matrix(i)`; the index of its first vec4f. */
  matrix(data: Float32Array): number;
}

/** Writes the steps of a node. */
export type Emit = (context: KernelContext) => readonly Step[];

/** Of a kernel that writes one step on words of bytes: what a dispatch has to know to compute several nodes. */
export interface Sharing {
  /** `words`: item i computes word i of the output. `blocks`: the items, or the tile, of each four channels follow one another. */
  readonly items: 'words' | 'blocks';
  /** Channel m of the output depends only on channel m / perChannel of each input. Absent: on all channels. */
  readonly perChannel?: number;
}

/** Code for one op. Of several kernels for an op, the first that accepts a node is used. */
export interface Kernel {
  readonly emit: Emit;
  /** The same in the shape that GPUs like: many invocations, short sums. Absent: `emit` is that. */
  readonly emitWide?: Emit;
  /** If absent, accepts every node. `dtype` is the type that the output represents. */
  readonly accepts?: (node: Node, dtype: DType) => boolean;
  /** Bytes of the arena that the kernel needs for itself while it runs; none if absent. */
  readonly scratchBytes?: (node: Node) => number;
  /** If absent or undefined, a node has a dispatch of its own. */
  readonly sharing?: (node: Node) => Sharing | undefined;
}
