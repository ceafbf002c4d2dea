import type { Node } from '@ghostc/ir';
import { int, ints } from '../attr-spec.ts';
import { attrsOf } from '../define-op.ts';
import { SUM_OVERHEAD } from '../operand-sizes.ts';

/**
 * Minimal filtering, F(2x2, 3x3) of Winograd: a square of 2x2 outputs of a 3x3 window is A'[U * (B' d B)]A with U = G g G'.
 * In one dimension: y0 = u0 (d0 - d2) + u1 (d1 + d2) + u2 (d2 - d1), y1 = u1 (d1 + d2) - u2 (d2 - d1) - u3 (d1 - d3).
 */

/** G, one row for each of the four places. */
const G = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
] as const;

/** How often each place's |u| multiplies each of the three inputs in the window of y0, and of y1. */
const MEETS = [
  [
    [1, 0, 0, 0],
    [0, 1, 1, 0],
    [1, 1, 1, 0],
  ],
  [
    [0, 1, 1, 1],
    [0, 1, 1, 0],
    [0, 0, 0, 1],
  ],
] as const;

/** U of each window, 16 for 9 weights: place by place, rows first. */
export function minimalFilters(weights: ArrayLike<number>): Float64Array {
  return turned(weights, { from: 3, left: G, right: G });
}

/**
 * Windows k for which |x| * k bounds the sum of all absolute products of minimal filtering, and so the
 * rounding of each output's sums: an input is multiplied by its neighbours' weights too. The maximum over the
 * four outputs of a square.
 */
export function mixedWindows(weights: ArrayLike<number>): Float64Array {
  const filters = minimalFilters(weights).map(Math.abs);
  const most = new Float64Array(weights.length);
  for (const left of MEETS) {
    for (const right of MEETS) {
      turned(filters, { from: 4, left, right }).forEach((v, i) => {
        most[i] = Math.max(most[i] ?? 0, v);
      });
    }
  }
  return most;
}

/** Fewer channels gain nothing. */
const LEAST_CHANNELS = 8;

const attributes = { strides: ints([1, 1]), dilations: ints([1, 1]), group: int(1) };

/** Whether a kernel may compute this convolution, with its weights as input 1, by minimal filtering. */
export function mayFilter(node: Node): boolean {
  const [m, channels, ...window] = node.inputs[1]?.type.shape ?? [];
  const { strides, dilations, group } = attrsOf({ attrs: attributes }, node);
  return (
    window.join() === '3,3' &&
    Math.min(Number(m), Number(channels)) >= LEAST_CHANNELS &&
    [...strides, ...dilations, group].every((size) => size === 1)
  );
}

/** Roundings that a term undergoes: two of its inputs, one of U, a sum over channels, four of the squares. */
export function filteredTerms(node: Node): number {
  return Number(node.inputs[1]?.type.shape[1]) + 7 + SUM_OVERHEAD;
}

type Matrix = readonly (readonly number[])[];

/** left m right' of each square m of `from` x `from`. */
function turned(
  squares: ArrayLike<number>,
  { from, left, right }: { readonly from: number; readonly left: Matrix; readonly right: Matrix },
): Float64Array {
  const to = left.length * right.length;
  const result = new Float64Array((squares.length / (from * from)) * to);
  for (let at = 0, out = 0; at < squares.length; at += from * from) {
    for (const a of left) {
      for (const b of right) {
        let sum = 0;
        for (let i = 0; i < from; i++)
          for (let j = 0; j < from; j++) sum += (a[i] ?? 0) * (b[j] ?? 0) * (squares[at + i * from + j] ?? 0);
        result[out++] = sum;
      }
    }
  }
  return result;
}
