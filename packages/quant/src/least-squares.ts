/** A square matrix in rows. */
export type Matrix = readonly Float64Array[];

/**
 * The lower triangle L of A + ridge * I = L L^T, with positive diagonal. Throws if the sum is not positive
 * definite, which a ridge above the rounding errors of A prevents.
 */
export function cholesky(a: Matrix, ridge: number): Matrix {
  const lower = a.map((row) => new Float64Array(row.length));
  a.forEach((row, i) => {
    const li = lower[i] as Float64Array;
    for (let j = 0; j <= i; j++) {
      const lj = lower[j] as Float64Array;
      let sum = (row[j] ?? 0) + (i === j ? ridge : 0);
      for (let k = 0; k < j; k++) sum -= (li[k] ?? 0) * (lj[k] ?? 0);
      li[j] = i === j ? Math.sqrt(Math.max(sum, ridge)) : sum / (lj[j] ?? 1);
    }
  });
  return lower;
}

/** Solves L L^T x = b in place: x replaces b. */
export function solveInPlace(lower: Matrix, b: Float64Array): void {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    const row = lower[i] as Float64Array;
    let sum = b[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (row[k] ?? 0) * (b[k] ?? 0);
    b[i] = sum / (row[i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = lower[i] as Float64Array;
    const x = (b[i] ?? 0) / (row[i] ?? 1);
    b[i] = x;
    for (let k = 0; k < i; k++) b[k] = (b[k] ?? 0) - x * (row[k] ?? 0);
  }
}

/** Means of a layer's input: exact x and quantised z. */
export interface Means {
  readonly exact: Float64Array;
  readonly quantized: Float64Array;
}

/** Covariances: of z, and of x with z. */
export interface Covariances extends Means {
  readonly squares: Matrix;
  readonly products: Matrix;
}

/** Sums over columns of a layer's input: first-order moments, or second-order ones too. */
export class Moments {
  count = 0;
  readonly exact: Float64Array;
  readonly quantized: Float64Array;
  /** sum z z^T, its lower triangle. */
  readonly #squares: Matrix;
  /** sum x z^T. */
  readonly #products: Matrix;

  constructor(taps: number, order: 1 | 2) {
    this.exact = new Float64Array(taps);
    this.quantized = new Float64Array(taps);
    const square = (): Matrix => Array.from({ length: order === 2 ? taps : 0 }, () => new Float64Array(taps));
    [this.#squares, this.#products] = [square(), square()];
  }

  add(exact: Matrix, quantized: Matrix): void {
    this.count += exact[0]?.length ?? 0;
    exact.forEach((x, i) => {
      const z = quantized[i] as Float64Array;
      this.exact[i] = (this.exact[i] ?? 0) + sumOf(x);
      this.quantized[i] = (this.quantized[i] ?? 0) + sumOf(z);
      const [squares, products] = [this.#squares[i], this.#products[i]];
      if (!squares || !products) return;
      quantized.forEach((other, j) => {
        products[j] = (products[j] ?? 0) + dot(x, other);
        if (j <= i) squares[j] = (squares[j] ?? 0) + dot(z, other);
      });
    });
  }

  /** The sums of both. */
  plus(other: Moments): Moments {
    const sum = new Moments(this.exact.length, this.#squares.length > 0 ? 2 : 1);
    sum.count = this.count + other.count;
    for (const one of [this, other]) {
      addTo(sum.exact, one.exact);
      addTo(sum.quantized, one.quantized);
      sum.#squares.forEach((row, i) => void addTo(row, one.#squares[i]));
      sum.#products.forEach((row, i) => void addTo(row, one.#products[i]));
    }
    return sum;
  }

  means(): Means {
    const n = Math.max(1, this.count);
    return { exact: this.exact.map((sum) => sum / n), quantized: this.quantized.map((sum) => sum / n) };
  }

  covariances(): Covariances {
    const n = Math.max(1, this.count);
    const { exact, quantized } = this.means();
    const squares = this.#squares.map((row, i) =>
      row.map((_, j) => {
        const sum = (j <= i ? row[j] : this.#squares[j]?.[i]) ?? 0;
        return sum / n - (quantized[i] ?? 0) * (quantized[j] ?? 0);
      }),
    );
    const products = this.#products.map((row, i) =>
      row.map((sum, j) => sum / n - (exact[i] ?? 0) * (quantized[j] ?? 0)),
    );
    return { exact, quantized, squares, products };
  }
}

function addTo(sum: Float64Array, part: Float64Array | undefined): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (part?.[i] ?? 0);
}

function sumOf(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] ?? 0;
  return sum;
}

export function dot(x: Float64Array, y: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const n = x.length;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    a += (x[i] ?? 0) * (y[i] ?? 0);
    b += (x[i + 1] ?? 0) * (y[i + 1] ?? 0);
    c += (x[i + 2] ?? 0) * (y[i + 2] ?? 0);
    d += (x[i + 3] ?? 0) * (y[i + 3] ?? 0);
  }
  for (; i < n; i++) a += (x[i] ?? 0) * (y[i] ?? 0);
  return a + b + c + d;
}
