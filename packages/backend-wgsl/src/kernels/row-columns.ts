import type { WindowGeometry } from './window-geometry.ts';

/** The columns of an input row that 4 neighbouring outputs read, as WGSL. `z` is the first; `row` the row's start. */
export interface RowColumns {
  /** Declares for column c its index x<c>, clamped to the row, and whether it is inside, i<c>. Once for all rows. */
  readonly declarations: string;
  /** Loads the columns as c<c>: 0 outside the row, or where `inside`, a condition on the row, is false. */
  readonly loads: (inside?: string) => string;
  /** For each tap along x a vec4f: what the four outputs multiply with its weight. */
  readonly taps: readonly string[];
}

/** Output k and tap v read column k * stride + v * dilation. Each column is loaded once. */
export function rowColumns({ KW, SX, DX }: Pick<WindowGeometry, 'KW' | 'SX' | 'DX'>): RowColumns {
  const reads = Array.from({ length: KW }, (_, v) => [0, 1, 2, 3].map((k) => k * SX + v * DX));
  const columns = [...new Set(reads.flat())].sort((a, b) => a - b);
  const declare = (c: number): string =>
    `let x${c} = clamp(z + ${c}, 0, W - 1);\nlet i${c} = x${c} == z + ${c};`;
  return {
    declarations: columns.map(declare).join('\n'),
    loads: (inside) => {
      const load = (c: number): string =>
        `select(0.0, arena[row + x${c}], i${c}${inside ? ` && ${inside}` : ''})`;
      return columns.map((c) => `let c${c} = ${load(c)};`).join('\n');
    },
    taps: reads.map((read) => `vec4f(${read.map((c) => `c${c}`).join(', ')})`),
  };
}
