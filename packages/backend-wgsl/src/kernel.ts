import type { Node, Value } from '@ghostc/ir';

/** Element type under which a module sees a buffer. The bytes are the same; indices are in units of it. */
export type Lane = 'f32' | 'vec4f';

/** Where a value lies: in the arena, or among the weights. `offset` is in floats. */
export interface Place {
  readonly buffer: 'arena' | 'weights';
  readonly offset: number;
}

/** Code of one family of kernels. Equal sources are one module, whatever the layers' sizes: those are constants. */
export interface KernelCode {
  /** Start of the module's id: what it computes, and the variant. Letters, digits, `_`. */
  readonly id: string;
  readonly arena: Lane;
  readonly weights: Lane | 'i32';
  /** Functions that `body` calls. */
  readonly functions?: readonly string[];
  /** Statements with `item`, 0 <= item < COUNT, in scope. */
  readonly body: string;
}

/** One dispatch: code, the values of its overridable constants, and the number of invocations that have work. */
export interface Step extends KernelCode {
  readonly ints: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly count: number;
}

/** What a kernel may ask while it emits a node. */
export interface KernelContext {
  readonly node: Node;
  place(value: Value): Place;
  /** Offset in the arena, in floats. A constant is copied there once, at the start of each run. */
  arena(value: Value): number;
  /** Adds to the weight buffer; the offset in floats, a multiple of 4. */
  weights(data: Float32Array | Int32Array): number;
}

export type Kernel = (context: KernelContext) => readonly Step[];
