/** A single array class for the loops, which take twice as long if they see several. */
export function inDoubles(data: ArrayLike<number>): Float64Array {
  return data instanceof Float64Array ? data : new Float64Array(data);
}

/** Rows of `left` times rows of `right`, both of `length`. */
export interface DotProducts {
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** Rows of `left`: rows of the result. */
  readonly rows: number;
  /** Rows of `right`: columns of the result. */
  readonly columns: number;
  readonly length: number;
  /** Index of the result's first element. */
  readonly first: number;
  /** Distance between rows of the result. */
  readonly stride: number;
}

/**
 * sums[first + i*stride + j] += sum_k left[i,k] * right[j,k], in the order of k. Four rows and two columns at
 * a time; past the end, the last row or column is repeated.
 */
export function addDotProducts(
  sums: Float64Array,
  { left, right, rows, columns, length, first, stride }: DotProducts,
): void {
  for (let m = 0; m < rows; m += 4) {
    const m1 = Math.min(m + 1, rows - 1);
    const m2 = Math.min(m + 2, rows - 1);
    const m3 = Math.min(m + 3, rows - 1);
    for (let i = 0; i < columns; i += 2) {
      const next = Math.min(i + 1, columns - 1) - i;
      const y0 = first + m * stride + i;
      const y1 = first + m1 * stride + i;
      const y2 = first + m2 * stride + i;
      const y3 = first + m3 * stride + i;
      let a0 = sums[y0] ?? 0;
      let a1 = sums[y1] ?? 0;
      let a2 = sums[y2] ?? 0;
      let a3 = sums[y3] ?? 0;
      let b0 = sums[y0 + next] ?? 0;
      let b1 = sums[y1 + next] ?? 0;
      let b2 = sums[y2 + next] ?? 0;
      let b3 = sums[y3 + next] ?? 0;
      const xa = i * length;
      const xb = xa + next * length;
      const w0 = m * length;
      const w1 = m1 * length;
      const w2 = m2 * length;
      const w3 = m3 * length;
      for (let p = 0; p < length; p++) {
        const a = right[xa + p] ?? 0;
        const b = right[xb + p] ?? 0;
        const v0 = left[w0 + p] ?? 0;
        const v1 = left[w1 + p] ?? 0;
        const v2 = left[w2 + p] ?? 0;
        const v3 = left[w3 + p] ?? 0;
        a0 += v0 * a;
        b0 += v0 * b;
        a1 += v1 * a;
        b1 += v1 * b;
        a2 += v2 * a;
        b2 += v2 * b;
        a3 += v3 * a;
        b3 += v3 * b;
      }
      sums[y0] = a0;
      sums[y1] = a1;
      sums[y2] = a2;
      sums[y3] = a3;
      sums[y0 + next] = b0;
      sums[y1 + next] = b1;
      sums[y2 + next] = b2;
      sums[y3 + next] = b3;
    }
  }
}
