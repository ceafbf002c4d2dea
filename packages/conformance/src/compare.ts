import { numElements, type Tensor, toNumbers } from '@ghostc/ir';

/** How far two tensors may differ: |actual - expected| <= relative * max|expected| + absolute, for every element. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
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
  /** Flat index of the worst element; -1 when equal. */
  readonly worst: number;
  /** What disagrees, when it is no number. */
  readonly problem?: string;
}

/** Holds `actual` against `expected`. NaN must meet NaN, and infinities must be the same. */
export function compareTensors(
  expected: Tensor,
  actual: Tensor | undefined,
  tolerance: Tolerance,
): Comparison {
  const problem = mismatch(expected, actual);
  if (!actual || problem)
    return {
      pass: false,
      maxAbs: Infinity,
      maxRel: Infinity,
      allowed: 0,
      worst: -1,
      problem: problem ?? 'no output',
    };
  const [want, got] = [toNumbers(expected), toNumbers(actual)];
  const { maxAbs, worst, largest } = measure(want, got);
  const allowed = tolerance.relative * largest + tolerance.absolute;
  const maxRel = largest > 0 ? maxAbs / largest : maxAbs;
  const result = { pass: maxAbs <= allowed, maxAbs, maxRel, allowed, worst };
  return maxAbs === Infinity
    ? { ...result, problem: `element ${worst}: expected ${want[worst]}, found ${got[worst]}` }
    : result;
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

function measure(
  want: ArrayLike<number>,
  got: ArrayLike<number>,
): { maxAbs: number; worst: number; largest: number } {
  let [maxAbs, worst, largest] = [0, -1, 0];
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [want[i] as number, got[i] as number];
    if (Number.isFinite(a)) largest = Math.max(largest, Math.abs(a));
    const difference = distance(a, b);
    if (difference > maxAbs) [maxAbs, worst] = [difference, i];
  }
  return { maxAbs, worst, largest };
}

function distance(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  return Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : Number.POSITIVE_INFINITY;
}
