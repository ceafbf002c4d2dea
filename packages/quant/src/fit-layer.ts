import {
  type Covariances,
  cholesky,
  dot,
  type Matrix,
  type Means,
  type Moments,
  solveInPlace,
} from './least-squares.ts';
import type { ScaleOf } from './weight-scale.ts';

/** Rows of int8 weights with a scale each, and the corrections of the bias. */
export interface FittedRow {
  readonly levels: Int8Array;
  readonly scale: number;
  readonly shift: number;
}

/** Rows rounded to the nearest levels; biases only correct the means of the sums. */
export function roundRows(rows: Matrix, moments: Moments, scaleOf: ScaleOf): FittedRow[] {
  return rows.map((row) => {
    const scale = scaleOf(row);
    const levels = Int8Array.from(row, (w) => levelOf(w, scale));
    return { levels, scale, shift: shiftOf(row, { levels, scale }, moments.means()) };
  });
}

/** Ridges that are tried, in parts of the mean variance of the inputs; the last leaves the weights as they are. */
const RIDGES = [1e-3, 1e-2, 0.1, Number.POSITIVE_INFINITY];
/** Ridge of the rounding, where the weights stay. */
const ROUNDING_RIDGE = 0.01;
/** Rows that a ridge is judged by. */
const JUDGED_ROWS = 32;

/**
 * Weights that compute from quantised inputs z what `rows` compute from exact inputs x: least squares with a
 * ridge towards the rows, chosen on the held-out half of the data; then rounded one by one, each compensating
 * the errors of those before (Babai's nearest plane in the metric of the inputs' covariance).
 */
export function fitRows(
  rows: Matrix,
  [first, second]: readonly [Moments, Moments],
  scaleOf: ScaleOf,
): FittedRow[] {
  const whole = first.plus(second).covariances();
  const solvable = Math.min(first.count, second.count) > first.exact.length;
  const ridge = solvable
    ? chooseRidge(rows, [first.covariances(), second.covariances()])
    : Number.POSITIVE_INFINITY;
  const variance = meanDiagonal(whole.squares);
  const order = Array.from(whole.squares.keys()).sort(
    (a, b) => (whole.squares[a]?.[a] ?? 0) - (whole.squares[b]?.[b] ?? 0),
  );
  const ordered = order.map((i) => Float64Array.from(order, (j) => whole.squares[i]?.[j] ?? 0));
  const lower = cholesky(ordered, Math.max(1e-12, variance * Math.min(ridge, ROUNDING_RIDGE)));
  const solved = Number.isFinite(ridge) ? solveRows(rows, whole, ridge * variance) : rows;
  return solved.map((wanted, m) => {
    const rounded = roundRow(wanted, { lower, order, scale: scaleOf(wanted) });
    return { ...rounded, shift: shiftOf(rows[m] as Float64Array, rounded, whole) };
  });
}

type RoundedRow = Pick<FittedRow, 'levels' | 'scale'>;

/** E[w x] - E[scale levels z] */
function shiftOf(w: Float64Array, { levels, scale }: RoundedRow, { exact, quantized }: Means): number {
  return dot(w, exact) - scale * dot(Float64Array.from(levels), quantized);
}

function levelOf(w: number, scale: number): number {
  return scale === 0 ? 0 : Math.min(127, Math.max(-127, Math.round(w / scale)));
}

function meanDiagonal(a: Matrix): number {
  return a.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / Math.max(1, a.length);
}

function chooseRidge(rows: Matrix, halves: readonly [Covariances, Covariances]): number {
  const some = rows.filter((_, m) => m % Math.ceil(rows.length / JUDGED_ROWS) === 0);
  let [best, least] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const ridge of RIDGES) {
    let error = 0;
    for (const [seen, unseen] of [halves, [halves[1], halves[0]] as const]) {
      const variance = meanDiagonal(seen.squares);
      if (variance === 0) return Number.POSITIVE_INFINITY;
      const solved = Number.isFinite(ridge) ? solveRows(some, seen, ridge * variance) : some;
      solved.forEach((row, m) => {
        error += residual(row, some[m] as Float64Array, unseen);
      });
    }
    if (error < least) [best, least] = [ridge, error];
  }
  return best;
}

/** Variance of v z - w x without the constant part w C_xx w. */
function residual(v: Float64Array, w: Float64Array, { squares, products }: Covariances): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) {
    sum += (v[i] ?? 0) * dot(squares[i] as Float64Array, v);
    sum -= 2 * (w[i] ?? 0) * dot(products[i] as Float64Array, v);
  }
  return sum;
}

/** V (C_zz + ridge I) = W (C_xz + ridge I) */
function solveRows(rows: Matrix, { squares, products }: Covariances, ridge: number): Matrix {
  const lower = cholesky(squares, ridge);
  return rows.map((row) => {
    const wanted = row.map((w) => ridge * w);
    row.forEach((w, i) => {
      const product = products[i] as Float64Array;
      for (let j = 0; j < wanted.length; j++) wanted[j] = (wanted[j] ?? 0) + w * (product[j] ?? 0);
    });
    solveInPlace(lower, wanted);
    return wanted;
  });
}

/** From last to first: the remaining error is passed to the weights not yet rounded. */
function roundRow(
  wanted: Float64Array,
  { lower, order, scale }: { lower: Matrix; order: readonly number[]; scale: number },
): RoundedRow {
  const levels = new Int8Array(wanted.length);
  if (scale === 0) return { levels, scale };
  // z^T H z with H = L L^T: (L^T e)_i = sum_{j >= i} L_ji e_j
  const carried = new Float64Array(wanted.length);
  for (let i = wanted.length - 1; i >= 0; i--) {
    const at = order[i] ?? 0;
    const row = lower[i] as Float64Array;
    const exact = (wanted[at] ?? 0) + (carried[i] ?? 0) / (row[i] ?? 1);
    const level = levelOf(exact, scale);
    levels[at] = level;
    const error = (wanted[at] ?? 0) - level * scale;
    for (let k = 0; k < i; k++) carried[k] = (carried[k] ?? 0) + error * (row[k] ?? 0);
  }
  return { levels, scale };
}
