import type { Node, Value } from '@ghostc/ir';
import type { Lanes } from './lanes.ts';

/** A static C function without its name. Functions with the same text are emitted once. */
export interface CFunction {
  /** Start of the name: what it computes, and for which geometry. */
  readonly hint: string;
  readonly params: readonly string[];
  readonly body: readonly string[];
}

/** What one node becomes: a call. */
export interface KernelCall {
  readonly fn: CFunction;
  readonly args: readonly string[];
}

/** What a kernel may ask while it emits a node. */
export interface KernelContext {
  readonly node: Node;
  readonly lanes: Lanes;
  /** C expression: address of a value's first element. */
  pointer(value: Value): string;
  /** Adds constants to the weights; C expression of their address. */
  weights(data: Float32Array): string;
  /** The node's scratch in the arena, null if it asked for none. */
  readonly scratch: string | null;
  /** Does the value lie in the memory that the output is written to? */
  sharesOutput(value: Value): boolean;
}

export type Kernel = (context: KernelContext) => KernelCall;
