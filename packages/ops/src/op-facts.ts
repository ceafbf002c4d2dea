import type { Attrs, Node } from '@ghostc/ir';

/**
 * What other packages query about an op instead of checking its name. `defineOp` requires all of them, and
 * lists of ops (`OpsWith`) are derived from them.
 */
export interface OpFacts {
  readonly computed: Computed;
  readonly integerForm: IntegerForm;
  readonly onIntegers: OnIntegers;
  readonly error: ErrorBound;
  readonly ulp: UlpRule;
  readonly storage: Storage;
  readonly rows: Rows;
  readonly channels: Channels;
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
 * - `gpu`: remains after lowering only for a GPU
 * - `mcu`: remains after lowering only for a microcontroller that has a kernel for it
 * - `composite`: through the ops that lowering expands it to
 * - `kept`: nowhere, it is written back to the source format
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
 * What the quantiser turns a float op into:
 * - `table`: `qlinear_lookup`, a table of 256 results for one int8
 * - `clamp`: `requantize` with a clamp
 * - `carried`: the same op on integers, if `when` holds for its attributes
 * - `resized`: as `carried` for nearest neighbours, `op` for linear interpolation in planes
 * - `weighted`: `op`, with int8 weights per output channel and an integer bias
 * - `requantized`: `op`, with activations only
 * - `softmax`: `op`, whose output scale is fixed
 * - `integer`: it is integer arithmetic already
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
 * - `narrow`: computes; the results for 8-bit integers are exact in float32
 * - `wide`: computes; the results may need more bits than float32 has
 * - `none`: it is defined only for floats
 */
export type OnIntegers = 'moved' | 'narrow' | 'wide' | 'none';

/** Relative error in units of the roundoff, and an absolute one: the possible error of a library function. */
export interface Accuracy {
  readonly relative: (x: number) => number;
  /** In units of 2^-22 for float32, proportionally larger for coarser types. */
  readonly absolute: (x: number) => number;
}

/**
 * How errors of the inputs reach the output, and which error the op adds:
 * - `exact`: monotone in every input, adds nothing; `stepped`: also has jumps
 * - `passed`: unchanged; `moved`: follows the elements; `chosen`: by a condition; `converted`: one rounding
 * - `compared`: the result is uncertain if operands are close; `selected`: known only for exact inputs, like
 *   `remainder`,
 *   which jumps
 * - `sum`: a sum of products of `terms` terms, or linear in every input, which kernels may compute as a
 *   `mixed` sum; `interpolated`: the same unless it takes the nearest
 * - `function`: monotone, with the accuracy of a library function; `steep`: with a slope of at most 1.5
 * - `quotient`, `power`, `normalized`, `softmax`, `scattered`, `quantized`: specific rules
 * - `sampled`: x at computed positions, with the error of moving a position
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

/**
 * Another way to compute the same sums, in which x is multiplied by other weights: with `weights` in place of
 * input 1, |x| bounds them all.
 */
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

/**
 * Units in the last place of float32 that the tests of WebNN allow; 0 for exact ops, null if WebNN does not
 * specify it.
 */
export type UlpRule = number | ((node: Node) => number) | null;

/**
 * What memory the output may use: the input's under another shape (`view`), the inputs as its parts (`join`),
 * an input's memory of the same size (`in-place`), that of the residual (`residual`), or separate memory.
 */
export type Storage = 'view' | 'join' | 'in-place' | 'residual' | 'own';

/**
 * Which input rows an output row reads: the `same` row, those under a `window` or a `pool` window, the same
 * row when joining `channels`; `none`: it is not computed row by row.
 */
export type Rows = 'same' | 'window' | 'pool' | 'channels' | 'none';

/**
 * What a channel (an element of axis 1) of the output reads: the `same` channel of every operand; all channels
 * of input 0 with its own `weights`; one channel of input 0 with its own of `filters`; `none`: it is not
 * computed channel by channel.
 */
export type Channels = 'same' | 'weights' | 'filters' | 'none';

/**
 * - `activation`: a producer may apply it to its own output. `params` are the attributes copied to the
 *   producer, `slope` is its
 *   largest slope, `exact`: it does not round; `usual`: parameters that exporters write
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

/**
 * Whether a positive factor on a channel of the first input is a factor on that channel of the output, which
 * cross-layer equalisation requires.
 */
export type Factor = 'passed' | 'stopped';

/**
 * NaN in an input: `kept`: results that read it are NaN; `moved`: NaN follows the element; `false`: it
 * compares false;
 * `none`: it is never selected, or the op has no float inputs.
 */
export type NanRule = 'kept' | 'moved' | 'false' | 'none';

/** How a random graph may use the op. */
export interface RandomUse {
  /**
   * After a layer, between two values, over axes; `structure`: the generator builds it explicitly; `none`:
   * only in its own cases.
   */
  readonly place: 'activation' | 'operands' | 'axes' | 'structure' | 'none';
  /** Inputs for which it is defined and far from its poles. */
  readonly domain: 'any' | 'positive';
  /** Attributes other than the defaults. */
  readonly attrs: Attrs;
}
