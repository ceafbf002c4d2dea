import type { Arithmetic, NoisyOutput } from '@ghostc/interpreter';
import type { Graph } from '@ghostc/ir';
import type { Tolerance } from './compare.ts';
import type { NoiseStore } from './rounding-tiers.ts';
import type { Tensors } from './runtime.ts';

/** One set of inputs with the outputs that they must give, by name. */
export interface DataSet {
  readonly name: string;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

/** How one target did in `verifyModel`. */
export interface RuntimeResult {
  readonly target: string;
  /** `unclear`: rounding alone moves these outputs too far to judge them, or they are one number throughout. */
  readonly status: 'pass' | 'fail' | 'error' | 'unclear';
  readonly maxAbs: number;
  readonly maxRel: number;
  /** The difference at the worst element, and what is allowed there. */
  readonly off: number;
  readonly allowed: number;
  /** `allowed` as a part of the largest element. */
  readonly tolerance: number;
  /** Largest error over what is allowed there; at most 1 when it passes. */
  readonly ratio: number;
  readonly seconds: number;
  /** Why it failed: the error, or the data set and output that differ most. */
  readonly message?: string;
  /** The code of the error by which the runtime refuses the model: what it does not compute, by name. */
  readonly refusal?: string;
  /** What passed, where it is more than outputs within the tolerance. */
  readonly note?: string;
}

/** What `verifyModel` runs, and what it holds the outputs against. */
export interface Verification {
  readonly model: Graph;
  readonly dataSets: readonly DataSet[];
  readonly tolerance: Tolerance;
  /**
   * `instead` of the tolerance a bound on each element that is derived from the computation, where there is one that is not
   * too wide; or what random rounding explains, `statistical`, which stays tight in deep models.
   */
  readonly derived?: 'instead' | 'statistical';
  /** The graph that random rounding runs, where it is not the model: a quantised one as it was before it became integer. */
  readonly rounded?: Graph;
  /** The data sets are drawn from one distribution: the noise of the first serves all, until one is beyond it. */
  readonly alike?: boolean;
  /** What the runtime computes float32 in. */
  readonly arithmetic?: Arithmetic;
  /** Noise that earlier processes found. */
  readonly noiseStore?: NoiseStore;
  /** What a few runs say of an output, where it is known: they are not made then. */
  readonly noiseKnown?: (output: string) => NoisyOutput | undefined;
  /** rtol and atol of `numpy.allclose`, in place of all that. */
  readonly allclose?: readonly [rtol: number, atol: number];
  /** How far the original model is from an output of a data set; undefined where it is within rounding. */
  readonly dataNoise?: (set: DataSet, output: string) => number | undefined;
}
