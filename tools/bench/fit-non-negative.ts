const SWEEPS = 20_000;
/** Steps of unknowns, of columns of length 1, that end it. */
const STILL = 1e-9;

/**
 * The x >= 0 with the least |A x - b|^2 + `penalty` |x|^2, by coordinate descent on the normal equations: few unknowns, any number of
 * rows.
 */
export function fitNonNegative(
  rows: readonly (readonly number[])[],
  b: readonly number[],
  penalty = 0,
): number[] {
  const n = rows[0]?.length ?? 0;
  const scale = Array.from({ length: n }, (_, j) => Math.sqrt(sum(rows, (row) => (row[j] ?? 0) ** 2)) || 1);
  const at = (row: readonly number[], j: number): number => (row[j] ?? 0) / (scale[j] ?? 1);
  const indices = [...scale.keys()];
  const gram = indices.map((i) => indices.map((j) => sum(rows, (row) => at(row, i) * at(row, j))));
  const right = indices.map((j) => sum(rows, (row, k) => at(row, j) * (b[k] ?? 0)));
  const x = indices.map(() => 0);
  for (let sweep = 0, moved = Infinity; sweep < SWEEPS && moved > STILL; sweep++) {
    moved = 0;
    for (const j of indices) {
      const diagonal = gram[j]?.[j] ?? 0;
      if (diagonal === 0) continue;
      const held = penalty / (scale[j] ?? 1) ** 2;
      const others = indices.reduce(
        (total, i) => total + (i === j ? 0 : (gram[j]?.[i] ?? 0) * (x[i] ?? 0)),
        0,
      );
      const next = Math.max(0, ((right[j] ?? 0) - others) / (diagonal + held));
      moved = Math.max(moved, Math.abs(next - (x[j] ?? 0)));
      x[j] = next;
    }
  }
  return x.map((value, j) => value / (scale[j] ?? 1));
}

function sum<T>(list: readonly T[], of: (one: T, i: number) => number): number {
  return list.reduce((total, one, i) => total + of(one, i), 0);
}
