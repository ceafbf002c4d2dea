import type { Node, TensorData, Value } from '@ghostc/ir';
import type { Lanes } from './lanes.ts';

/** Definitions that functions depend on, written once before all functions. */
export interface Prelude {
  readonly name: string;
  readonly lines: readonly string[];
  /** The definitions that these depend on. */
  readonly needs?: readonly Prelude[];
}

/** A static C function without its name. Functions with the same text are emitted once. */
export interface CFunction {
  /** Start of the name: what it computes, and for which geometry. */
  readonly hint: string;
  readonly params: readonly string[];
  /** `status`: returns an int that is not 0 where the layer could not be computed. Absent: returns nothing. */
  readonly result?: 'status';
  readonly body: readonly string[];
  /** Functions that the body calls, each by the `helperName` of its index in this list. */
  readonly helpers?: readonly CFunction[];
  readonly needs?: readonly Prelude[];
  /** Not called for some instruction sets: compilers are not to warn. */
  readonly optional?: boolean;
}

/** Stands in a body for the name of its function's helper `index`. */
export function helperName(index: number): string {
  return `$helper${index}$`;
}

/** What one node becomes: a call. */
export interface KernelCall {
  readonly fn: CFunction;
  readonly args: readonly string[];
  /** Which of its ways of work the kernel took; absent where it has one, or all take as long. */
  readonly form?: string;
}

/** What a kernel may ask while it emits a node. */
export interface KernelContext {
  readonly node: Node;
  readonly lanes: Lanes;
  /** C expression: address of a value's first element, of its element's type. */
  pointer(value: Value): string;
  /** Adds constants to the weights, aligned to 16 bytes; C expression of their address, of their element's type. */
  weights(data: TensorData): string;
  /** The node's scratch in the arena as `float *`, null if it asked for none. */
  readonly scratch: string | null;
  /** The same as `int8_t *`, aligned to 16 bytes. */
  readonly scratchBytes: string | null;
  /** Does the value lie in the memory that the output is written to? */
  sharesOutput(value: Value): boolean;
}

/** Writes the code of a node. */
export type Emit = (context: KernelContext) => KernelCall;

/** Code for one op. Of several kernels for an op, the first that accepts a node is used. */
export interface Kernel {
  readonly emit: Emit;
  /** Absent: takes every node. */
  readonly accepts?: (node: Node) => boolean;
  /** Bytes of working memory in the arena; none if absent. */
  readonly scratchBytes?: (node: Node, lanes: Lanes) => number;
  /** May the output be written over input 0, for a node that it takes? Absent: as the op allows. */
  readonly inPlace?: (node: Node) => boolean;
}
