import type { Attrs, Node } from '@ghostc/ir';

/**
 * What the other packages ask of an op instead of knowing it by name. `defineOp` wants every one of them, and lists of ops
 * (`OpsWith`) are taken from them.
 */
export interface OpFacts {
  readonly computed: Computed;
  readonly integerForm: IntegerForm;
  readonly onIntegers: OnIntegers;
  readonly error: ErrorBound;
  readonly ulp: UlpRule;
  readonly storage: Storage;
  readonly rows: Rows;
  readonly epilogue: Epilogue;
  readonly factor: Factor;
  readonly nan: NanRule;
  readonly random: RandomUse;
}

/**
 * Where the op is computed:
 * - `unary`, `binary`: one formula in every code-generating backend
 * - `kernel`: a float kernel in every code-generating backend
 * - `general`: a kernel for any element type; a backend may refuse some types
 * - `quantized`: an integer kernel in every code-generating backend
 * - `gpu`: left by lowering for a GPU only
 * - `mcu`: left by lowering for a microcontroller that has a kernel for it
 * - `composite`: by the ops that lowering makes of it
 * - `kept`: nowhere, it goes back into the source format
 */
export type Computed =
  | 'unary'
  | 'binary'
  | 'kernel'
  | 'general'
  | 'quantized'
  | 'gpu'
  | 'mcu'
  | 'composite'
  | 'kept';

/**
 * What the quantiser makes of a float op:
 * - `table`: `qlinear_lookup`, 256 results of one int8
 * - `clamp`: `requantize` with a clamp
 * - `carried`: the same op on integers, where `when` holds for its attributes
 * - `resized`: as `carried` for nearest neighbours, `op` for linear ones in planes
 * - `weighted`: `op`, with int8 weights per output channel and an integer bias
 * - `requantized`: `op`, of activations only
 * - `softmax`: `op`, whose output scale is fixed
 * - `integer`: it is integer arithmetic itself
 * - `none`: it stays in float between conversions
 */
export type IntegerForm =
  | { readonly kind: 'table' | 'clamp' | 'integer' | 'none' }
  | { readonly kind: 'carried'; readonly when: (attrs: Attrs) => boolean }
  | { readonly kind: 'resized' | 'weighted' | 'softmax'; readonly op: string }
  | {
      readonly kind: 'requantized';
      readonly op: string;
      /** Largest scale of an input, in scales of the output; any if absent. */
      readonly coarsest?: Readonly<Record<'i8' | 'i16', number>>;
    };

/**
 * What the op does to plain integers:
 * - `moved`: picks, moves or compares elements
 * - `narrow`: computes; the results of integers of 8 bits are exact in float32
 * - `wide`: computes; the results may need more bits than float32 has
 * - `none`: it is defined for floats only
 */
export type OnIntegers = 'moved' | 'narrow' | 'wide' | 'none';

/** Relative error in units of the roundoff, and an absolute one: what a library function may be off by. */
export interface Accuracy {
  readonly relative: (x: number) => number;
  /** In units of 2^-22 for float32, and as much more as the type is coarser. */
  readonly absolute: (x: number) => number;
}

/**
 * How errors of the inputs reach the output, and which the op adds:
 * - `exact`: monotone in every input, adds nothing; `stepped` besides jumps
 * - `passed`: as large as before; `moved`: where the elements go; `chosen`: by a condition; `converted`: one rounding
 * - `compared`: the truth is uncertain where operands come close; `selected`: known for exact inputs only, as of `remainder`,
 *   which jumps
 * - `sum`: a sum of products of `terms` terms, or linear in every input, which kernels may compute as a `mixed` sum; `interpolated`: the same unless it takes the nearest
 * - `function`: monotone, with the accuracy of a library function; `steep`: with a slope of at most 1.5
 * - `quotient`, `power`, `normalized`, `softmax`, `scattered`, `quantized`: rules of their own
 * - `sampled`: x at computed positions, off by what moving a position changes
 * - `parts`: through the ops that it consists of
 * - `unbounded`: nothing is known
 */
export type ErrorBound =
  | { readonly kind: PlainErrorKind }
  | {
      readonly kind: 'sum' | 'interpolated' | 'scattered';
      readonly terms: (node: Node) => number;
      readonly mixed?: (node: Node) => MixedSum | null;
    }
  | { readonly kind: 'function' | 'steep'; readonly accuracy: Accuracy };

/** Another way to the same sums, on which x meets other products: with `weights` of input 1 in its place, |x| bounds them all. */
export interface MixedSum {
  readonly terms: number;
  readonly weights: (values: ArrayLike<number>) => Float64Array;
}

type PlainErrorKind =
  | 'exact'
  | 'stepped'
  | 'passed'
  | 'moved'
  | 'chosen'
  | 'converted'
  | 'compared'
  | 'selected'
  | 'remainder'
  | 'quotient'
  | 'power'
  | 'normalized'
  | 'softmax'
  | 'quantized'
  | 'parts'
  | 'sampled'
  | 'unbounded';

/** Units in the last place of float32 that the tests of WebNN allow; 0 of exact ops, null where they say nothing. */
export type UlpRule = number | ((node: Node) => number) | null;

/**
 * What the output asks of memory: to be the input's under another shape (`view`), to have the inputs as its parts (`join`), an
 * input's place if it is as large (`in-place`), that of the residual (`residual`), or its own.
 */
export type Storage = 'view' | 'join' | 'in-place' | 'residual' | 'own';

/**
 * Which rows of its inputs a row of an image reads: the `same`, those under a `window` or that of a `pool`, the same where it
 * joins `channels`; `none`: it is not computed row by row.
 */
export type Rows = 'same' | 'window' | 'pool' | 'channels' | 'none';

/**
 * - `activation`: a producer may apply it to its own output. `params` are the attributes that it takes along, `slope` is its
 *   largest, `exact`: it does not round; `usual`: parameters that exporters write
 * - `producer`: may apply one
 * - `none`: neither
 */
export type Epilogue =
  | {
      readonly kind: 'activation';
      readonly params: readonly string[];
      readonly slope: (...params: number[]) => number;
      readonly exact: boolean;
      readonly usual: readonly (readonly number[])[];
    }
  | { readonly kind: 'producer' | 'none' };

/** Whether a positive factor of a channel of the first input is one of the output's: what cross-layer equalisation asks. */
export type Factor = 'passed' | 'stopped';

/**
 * NaN in an input: `kept` makes the results NaN that read it, `moved` is NaN where the element goes, `false` compares false,
 * `none`: it picks no result, or the op takes none.
 */
export type NanRule = 'kept' | 'moved' | 'false' | 'none';

/** How a random graph may use the op. */
export interface RandomUse {
  /** After a layer, between two values, over axes; `structure`: the generator builds it itself; `none`: in cases of its own only. */
  readonly place: 'activation' | 'operands' | 'axes' | 'structure' | 'none';
  /** Inputs that it is defined for, and where it is far from its poles. */
  readonly domain: 'any' | 'positive';
  /** Attributes other than the defaults. */
  readonly attrs: Attrs;
}
