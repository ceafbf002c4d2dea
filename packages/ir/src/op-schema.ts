import type { Attr, Attrs } from './node.ts';
import type { TensorType } from './tensor-type.ts';

/**
 * What shared code may query about an op instead of its name:
 * - `elementwise`: output element i depends only on element i of each (broadcast) input; may run in place
 * - `unary`/`binary`: elementwise with one/two tensor inputs
 * - `commutative`: the first two inputs may be exchanged
 * - `associative`: a chain of them may be regrouped
 * - `movement`: copies elements, computes nothing (exact on every backend)
 * - `exact`: computes without rounding (relu, clip, max)
 * - `reduction`: sums over part of its input
 * - `comparison`: a relation of its operands, `bool`
 * - `selection`: picks elements, or their indices, by their order
 * - `scatter`: writes part of a copy of its first input
 * - `kept`: an operator of the source format that is only passed through; its types are in its attributes
 * - `integer`: computes on (quantised) integers, also or only; ops that move elements always do
 * - `window`: takes an image [N,C,H,W], or a line [N,C,L] as an image of height 1
 */
export type Trait =
  | 'elementwise'
  | 'unary'
  | 'binary'
  | 'commutative'
  | 'associative'
  | 'movement'
  | 'exact'
  | 'reduction'
  | 'comparison'
  | 'selection'
  | 'scatter'
  | 'kept'
  | 'integer'
  | 'window';

/** The allowed values of an attribute, and its default. */
export interface AttrSpec<T extends Attr = Attr> {
  /** Human-readable: `int`, `ints`, `float`, `one of relu|none`. */
  readonly expects: string;
  readonly accepts: (value: unknown) => value is T;
  /** All values, if they are a closed set of words. */
  readonly words?: readonly string[];
  /** Absent: the attribute is required. */
  readonly default?: T;
  /** It applies something to the op's own result: a pattern must allow it, unless it has its default. */
  readonly epilogue?: boolean;
}

/** The part of an op definition that the verifier, the parser and the printer need. */
export interface OpSchema {
  readonly name: string;
  /** `x` is required, `bias?` optional, `xs...` variadic (last). */
  readonly inputs: readonly string[];
  readonly attrs: Readonly<Record<string, AttrSpec>>;
  readonly traits: ReadonlySet<Trait>;
  /** Types of the outputs from positional inputs; throws CompileError if the inputs are invalid. */
  readonly inferTypes: (inputs: readonly (TensorType | null)[], attrs: Attrs) => readonly TensorType[];
}

/** Schemas of ops by name: all that the parser and the verifier know about ops. */
export type OpRegistry = ReadonlyMap<string, OpSchema>;
