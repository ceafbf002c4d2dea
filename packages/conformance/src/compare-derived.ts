import type { BoundedOutput } from '@ghostc/interpreter';
import { isFloat, type Tensor, toNumbers } from '@ghostc/ir';
import { type Comparison, compareTensors, type Tolerance, tooWide } from './compare.ts';

/** What the tolerance of an output is derived from. */
export interface Derivation {
  /** The output in double precision with its bound, from `boundedRun`. */
  readonly oracle: BoundedOutput | undefined;
  /** Used if no bound can be derived, or only one that noise would pass, as after many layers. */
  readonly fallback: Tolerance;
}

/** A comparison, and whether its bound was derived. */
export interface DerivedComparison extends Comparison {
  /** Whether the derived bound was used. */
  readonly derived: boolean;
}

/** Compares `actual` with `expected`, both of which were rounded: each may be off by the derived bound. */
export function compareDerived(
  expected: Tensor,
  actual: Tensor | undefined,
  { oracle, fallback }: Derivation,
): DerivedComparison {
  const tolerance = derivedTolerance(expected, oracle);
  return { ...compareTensors(expected, actual, tolerance ?? fallback), derived: tolerance !== undefined };
}

/** Undefined if no bound can tell a result from noise. */
export function derivedTolerance(expected: Tensor, oracle: BoundedOutput | undefined): Tolerance | undefined {
  if (!oracle?.bound.every((e) => Number.isFinite(e))) return undefined;
  const both = isFloat(expected.dtype) ? (e: number) => 2 * e : (e: number) => (e > 0 ? 1 : 0);
  const bound = oracle.bound.map(both);
  if (tooWide(toNumbers(expected), (i) => bound[i] ?? 0, expected.dtype)) return undefined;
  return {
    relative: 0,
    absolute: 0,
    bound,
    reason:
      'gamma_n times the sum of absolute products, for both sides; one step for integers after a rounding',
  };
}
