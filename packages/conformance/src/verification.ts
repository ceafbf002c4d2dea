import type { Arithmetic, NoisyOutput } from '@ghostc/interpreter';
import type { Graph } from '@ghostc/ir';
import type { Tolerance } from './compare.ts';
import type { NoiseStore } from './rounding-tiers.ts';
import type { Tensors } from './runtime.ts';

/** One set of inputs with the expected outputs, by name. */
export interface DataSet {
  readonly name: string;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

/** The result of one target in `verifyModel`. */
export interface RuntimeResult {
  readonly target: string;
  /** `unclear`: rounding by itself moves these outputs too far to judge them, or all elements are equal. */
  readonly status: 'pass' | 'fail' | 'error' | 'unclear';
  readonly maxAbs: number;
  readonly maxRel: number;
  /** The difference at the worst element, and the difference allowed there. */
  readonly off: number;
  readonly allowed: number;
  /** `allowed` as a fraction of the largest element. */
  readonly tolerance: number;
  /** Largest ratio of error to allowed error; at most 1 when it passes. */
  readonly ratio: number;
  readonly seconds: number;
  /** Why it failed: the error, or the data set and output that differ most. */
  readonly message?: string;
  /** The code of the error by which the runtime refuses the model, if it does not support it. */
  readonly refusal?: string;
  /** A remark on a pass, if there is more to say than that outputs are within the tolerance. */
  readonly note?: string;
}

/** What `verifyModel` runs, and what it compares the outputs with. */
export interface Verification {
  readonly model: Graph;
  readonly dataSets: readonly DataSet[];
  readonly tolerance: Tolerance;
  /**
   * `instead` of the tolerance: a bound per element derived from the computation, if there is one that is not
   * too wide; or what random rounding explains, `statistical`, which stays tight in deep models.
   */
  readonly derived?: 'instead' | 'statistical';
  /**
   * The graph to run with random rounding, if it is not the model: for a quantised model, the graph before it
   * became integer.
   */
  readonly rounded?: Graph;
  /** The data sets are from one distribution: the noise of the first is used for all, until one exceeds it. */
  readonly alike?: boolean;
  /** The arithmetic the runtime uses for float32. */
  readonly arithmetic?: Arithmetic;
  /** Noise computed by earlier processes. */
  readonly noiseStore?: NoiseStore;
  /** The noise of an output from a few runs, if known: then they are not run again. */
  readonly noiseKnown?: (output: string) => NoisyOutput | undefined;
  /** rtol and atol of `numpy.allclose`, in place of all other limits. */
  readonly allclose?: readonly [rtol: number, atol: number];
  /** How far the original model is from an output of a data set; undefined if it is within rounding. */
  readonly dataNoise?: (set: DataSet, output: string) => number | undefined;
}
