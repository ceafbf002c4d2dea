import { difference } from '@ghostc/interpreter';
import { type DType, isFloat, numElements, type Tensor, toNumbers } from '@ghostc/ir';
import { isWide, wideElements } from '@ghostc/ops';

/** How far two tensors may differ. */
export interface Tolerance {
  /** |actual - expected| <= relative * max|expected| + absolute, for every element. */
  readonly relative: number;
  readonly absolute: number;
  /**
   * A bound per element instead, derived from the computation. An element with an infinite bound may have any
   * value.
   */
  readonly bound?: ArrayLike<number>;
  /**
   * What most elements are within if a few may be a step off: those are counted, and `rms` limits their
   * number.
   */
  readonly usual?: ArrayLike<number>;
  /** The largest root mean square of all differences. */
  readonly rms?: number;
  /** The caller knows how wide it is: it is not refused even if noise would pass. */
  readonly vetted?: true;
  /** Why this much. */
  readonly reason: string;
}

/** How far an output is from what is expected, and whether that is allowed. */
export interface Comparison {
  readonly pass: boolean;
  /** Largest |actual - expected|; Infinity when shapes, NaN or infinities disagree. */
  readonly maxAbs: number;
  /** maxAbs / max|expected|; maxAbs itself when every expected element is 0. */
  readonly maxRel: number;
  /** The difference at the worst element, and the difference allowed there. */
  readonly off: number;
  readonly allowed: number;
  /** Largest ratio of error to allowed error; at most 1 when it passes. */
  readonly ratio: number;
  /** Flat index of the worst element; -1 when equal. */
  readonly worst: number;
  /** Elements that differ by one step, as on a rounding tie. */
  readonly ties: number;
  /** What disagrees. */
  readonly problem?: string;
}

/** Nothing is rounded: movement, and integers. */
export const exact: Tolerance = { relative: 0, absolute: 0, reason: 'nothing is rounded' };

/** Differences below the smallest normal float32 are not errors: a device may flush them to zero. */
const FLUSHED = 2 ** -126;

/** A tolerance above this fraction of the largest element would let noise pass. */
const TOO_WIDE = 1e-2;

/** Compares `actual` with `expected`. NaN must match NaN, and infinities must be equal. */
export function compareTensors(
  expected: Tensor,
  actual: Tensor | undefined,
  tolerance: Tolerance,
): Comparison {
  const problem = mismatch(expected, actual);
  if (!actual || problem) return failed(problem ?? 'no output');
  const [want, got] = [wideElements(expected), wideElements(actual)];
  const numbers = isWide(expected) ? toNumbers(expected) : (want as ArrayLike<number>);
  const largest = largestMagnitude(numbers);
  const allowed = allowedBy(tolerance, expected.dtype, largest);
  const wide = tolerance.vetted ? undefined : tooWide(numbers, allowed, expected.dtype);
  if (wide) return failed(wide);
  const usual = (i: number): number => FLUSHED + (tolerance.usual?.[i] ?? Infinity);
  return summarize(measure(want, got, { allowed, usual }), { want, got, largest, rms: tolerance.rms });
}

/** How far each element of an output may be off, given the output's largest magnitude. */
export function allowedBy(tolerance: Tolerance, dtype: DType, largest: number): (i: number) => number {
  const { bound, absolute } = tolerance;
  const floor = FLUSHED + (bound ? 0 : relativeFor(dtype, tolerance) * largest + absolute);
  return (i) => floor + (bound?.[i] ?? 0);
}

function failed(problem: string): Comparison {
  const far = { maxAbs: Infinity, maxRel: Infinity, off: Infinity, ratio: Infinity };
  return { pass: false, ...far, allowed: 0, worst: -1, ties: 0, problem };
}

/** Numbers, or bigints for 64-bit integers. */
type Elements = ReturnType<typeof wideElements>;

interface Compared {
  readonly want: Elements;
  readonly got: Elements;
  readonly largest: number;
  readonly rms: number | undefined;
}

function summarize(measured: Measured, { want, got, largest, rms = Infinity }: Compared): Comparison {
  const { maxAbs, worst, allowed, off, ties } = measured;
  const maxRel = largest > 0 ? maxAbs / largest : maxAbs;
  const found = Math.sqrt(measured.squares / Math.max(1, want.length));
  const spread = found === 0 ? 0 : found / rms;
  const ratio = Math.max(measured.ratio, spread);
  const result = { pass: ratio <= 1, maxAbs, maxRel, off, allowed, ratio, worst, ties };
  if (result.pass) return result;
  const problem =
    spread > measured.ratio
      ? `${ties} elements are a step off: root mean square ${found.toExponential(2)}, allowed ${rms.toExponential(2)}`
      : `element ${worst}: expected ${want[worst]}, found ${got[worst]}, allowed ${allowed.toExponential(2)}`;
  return { ...result, problem };
}

/** The largest finite magnitude; 0 if there is none. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(Number(values[i]));
    if (Number.isFinite(size) && size > largest) largest = size;
  }
  return largest;
}

/**
 * Why a tolerance is refused: half of the elements could be off by a hundredth of the largest (by more than
 * half a step for integers), so random numbers of the same size would pass. Outputs that are all zero are
 * treated as having size 1.
 */
export function tooWide(
  want: ArrayLike<number>,
  allowed: (i: number) => number,
  dtype: DType = 'f32',
): string | undefined {
  const limit = isFloat(dtype) ? limitFor(dtype) * (largestMagnitude(want) || 1) + 2 * FLUSHED : 1;
  let wide = 0;
  for (let i = 0; i < want.length; i++) if (!(allowed(i) <= limit)) wide++;
  if (want.length === 0 || 2 * wide <= want.length) return undefined;
  return `the tolerance is too wide: ${wide} of ${want.length} elements may be off by more than ${limit.toExponential(1)}`;
}

/** A float32 tolerance allows 16-bit floats this many of their own roundings. */
const HALF_ROUNDINGS = 4;

function relativeFor(dtype: DType, { relative }: Tolerance): number {
  const unit = dtype === 'f16' ? 2 ** -11 : dtype === 'bf16' ? 2 ** -8 : 0;
  return relative > 0 ? Math.max(relative, HALF_ROUNDINGS * unit) : 0;
}

/** 16-bit floats round to two or three digits: a hundredth is a few roundings. */
function limitFor(dtype: DType): number {
  return dtype === 'f16' || dtype === 'bf16' ? 10 * TOO_WIDE : TOO_WIDE;
}

function mismatch(expected: Tensor, actual: Tensor | undefined): string | undefined {
  if (!actual) return 'no output of that name';
  const sameShape =
    actual.shape.length === expected.shape.length &&
    actual.shape.every((dim, axis) => dim === expected.shape[axis]);
  if (!sameShape) return `expected shape [${expected.shape.join(',')}], found [${actual.shape.join(',')}]`;
  if (actual.dtype !== expected.dtype) return `expected ${expected.dtype}, found ${actual.dtype}`;
  return actual.data.length === numElements(expected.shape) ? undefined : 'data and shape disagree';
}

interface Measured {
  readonly maxAbs: number;
  readonly off: number;
  readonly ratio: number;
  readonly worst: number;
  readonly allowed: number;
  readonly ties: number;
  /** Sum of squares of the differences. */
  readonly squares: number;
}

interface Limits {
  readonly allowed: (i: number) => number;
  readonly usual: (i: number) => number;
}

function measure(want: Elements, got: Elements, { allowed, usual }: Limits): Measured {
  let [maxAbs, off, ratio, worst, most, ties, squares] = [0, 0, 0, -1, 0, 0, 0];
  for (let i = 0; i < want.length; i++) {
    const limit = allowed(i);
    if (limit === Infinity || want[i] === got[i]) continue;
    if (limit > most) most = limit;
    const error = elementDifference(want[i] ?? 0, got[i] ?? 0);
    if (error === 0) continue;
    maxAbs = Math.max(maxAbs, error);
    squares += error * error;
    if (error > usual(i)) ties++;
    const part = error / limit;
    if (part > ratio || worst < 0) [off, ratio, worst] = [error, part, i];
  }
  return { maxAbs, off, ratio, worst, allowed: worst < 0 ? most : allowed(worst), ties, squares };
}

/** Exact for 64-bit integers, which a double would round. */
function elementDifference(a: number | bigint, b: number | bigint): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return Number(a > b ? a - b : b - a);
  return difference(Number(a), Number(b));
}
