import { type DType, isFloat, numElements, type Tensor, toNumbers } from '@ghostc/ir';

/** How far two tensors may differ. */
export interface Tolerance {
  /** |actual - expected| <= relative * max|expected| + absolute, for every element. */
  readonly relative: number;
  readonly absolute: number;
  /** A bound by element instead, derived from the computation. */
  readonly bound?: ArrayLike<number>;
  /** Why this much. */
  readonly reason: string;
}

export interface Comparison {
  readonly pass: boolean;
  /** Largest |actual - expected|; Infinity when shapes, NaN or infinities disagree. */
  readonly maxAbs: number;
  /** maxAbs / max|expected|; maxAbs itself when every expected element is 0. */
  readonly maxRel: number;
  /** The largest difference that would pass. */
  readonly allowed: number;
  /** Largest error over what is allowed at that element; at most 1 when it passes. */
  readonly ratio: number;
  /** Flat index of the worst element; -1 when equal. */
  readonly worst: number;
  /** What disagrees, when it is no number. */
  readonly problem?: string;
}

/** Nothing is rounded: movement, and integers. */
export const exact: Tolerance = { relative: 0, absolute: 0, reason: 'nothing is rounded' };

/** Differences below the smallest normal float32 are no error: a device may flush them to zero. */
const FLUSHED = 2 ** -126;

/** A tolerance above this part of the largest element would let noise pass. */
const TOO_WIDE = 1e-2;

/** Holds `actual` against `expected`. NaN must meet NaN, and infinities must be the same. */
export function compareTensors(
  expected: Tensor,
  actual: Tensor | undefined,
  tolerance: Tolerance,
): Comparison {
  const problem = mismatch(expected, actual);
  if (!actual || problem) return failed(problem ?? 'no output');
  const [want, got] = [toNumbers(expected), toNumbers(actual)];
  const largest = largestMagnitude(want);
  const { bound } = tolerance;
  const floor = FLUSHED + (bound ? 0 : relativeFor(expected.dtype, tolerance) * largest + tolerance.absolute);
  const allowed = (i: number): number => floor + (bound?.[i] ?? 0);
  const wide = tooWide(want, allowed, expected.dtype);
  if (wide) return failed(wide);
  return summarize(measure(want, got, allowed), { want, got, largest });
}

function failed(problem: string): Comparison {
  return { pass: false, maxAbs: Infinity, maxRel: Infinity, allowed: 0, ratio: Infinity, worst: -1, problem };
}

function summarize(
  { maxAbs, ratio, worst, allowed }: Measured,
  { want, got, largest }: { want: ArrayLike<number>; got: ArrayLike<number>; largest: number },
): Comparison {
  const maxRel = largest > 0 ? maxAbs / largest : maxAbs;
  const result = { pass: ratio <= 1, maxAbs, maxRel, allowed, ratio, worst };
  if (result.pass) return result;
  return {
    ...result,
    problem: `element ${worst}: expected ${want[worst]}, found ${got[worst]}, allowed ${allowed.toExponential(2)}`,
  };
}

/** The largest finite magnitude; 0 of none. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(Number(values[i]));
    if (Number.isFinite(size) && size > largest) largest = size;
  }
  return largest;
}

/**
 * What is wrong with a tolerance that half of the elements could miss by a hundredth of the largest (by more than half a step
 * for integers): random numbers of the same size would pass.
 */
export function tooWide(
  want: ArrayLike<number>,
  allowed: (i: number) => number,
  dtype: DType = 'f32',
): string | undefined {
  const limit = isFloat(dtype) ? limitFor(dtype) * largestMagnitude(want) + 2 * FLUSHED : 1;
  let wide = 0;
  for (let i = 0; i < want.length; i++) if (!(allowed(i) <= limit)) wide++;
  if (want.length === 0 || 2 * wide <= want.length) return undefined;
  return `the tolerance is too wide: ${wide} of ${want.length} elements may be off by more than ${limit.toExponential(1)}`;
}

/** A tolerance for float32 holds 16-bit floats to this many of their own roundings. */
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
  readonly ratio: number;
  readonly worst: number;
  readonly allowed: number;
}

function measure(want: ArrayLike<number>, got: ArrayLike<number>, allowed: (i: number) => number): Measured {
  let [maxAbs, ratio, worst, most] = [0, 0, -1, 0];
  for (let i = 0; i < want.length; i++) {
    const off = difference(want[i] as number, got[i] as number);
    const limit = allowed(i);
    most = Math.max(most, limit);
    if (off === 0) continue;
    maxAbs = Math.max(maxAbs, off);
    const part = off / limit;
    if (part > ratio || worst < 0) [ratio, worst] = [part, i];
  }
  return { maxAbs, ratio, worst, allowed: worst < 0 ? most : allowed(worst) };
}

/** |a - b|; 0 for equal infinities and for two NaN, infinite where one alone is not finite. */
export function difference(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  return Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : Number.POSITIVE_INFINITY;
}
