import { itemAt, type Node, numElements } from '@ghostc/ir';
import { layerShape } from './layer-columns.ts';
import { float32Scale } from './quant-range.ts';

/** Which levels of int8 weights use: all, or only as many as keep the sum of two products with most u8 inputs within int16. */
export type WeightLevels = 'all' | 'pairs';

/** The largest |a| + |b| of two weights in levels, each rounded up by at most a half, so that (a + b) `level` is within int16. */
export function pairLimit(level: number): number {
  return (2 ** 15 - 1) / Math.min(255, Math.max(1, level)) - 1;
}

/** The scale of one output channel's weights; 0 if all are 0. */
export type ScaleOf = (row: ArrayLike<number>) => number;

/** Scales of a layer's rows, of which pairs stay below `limit` levels. */
export function weightScaleOf(node: Node, limit: number | undefined): ScaleOf {
  const order = limit && summedOrder(node);
  return (row) =>
    float32Scale(Math.max(largestOf(row) / 127, order ? largestPair(row, order) / limit : 0), 0);
}

/** The rows of a weight, one for each output channel. */
export function rowsOf(numbers: ArrayLike<number>, taps: number): Float64Array[] {
  return Array.from({ length: numbers.length / taps }, (_, m) =>
    Float64Array.from({ length: taps }, (_, i) => numbers[m * taps + i] ?? 0),
  );
}

function largestOf(row: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i] ?? 0));
  return largest;
}

/**
 * The order in which x86's u8 x i8 kernels multiply a row, two neighbours at a time: channels last. Undefined for depthwise layers,
 * whose products they widen one by one.
 */
function summedOrder(node: Node): number[] | undefined {
  const [, channels = 1, ...window] = itemAt(node.inputs, 1)?.type.shape.map(Number) ?? [];
  if (channels === 1 && (layerShape(node)?.groups ?? 1) > 1) return undefined;
  const places = numElements(window);
  return Array.from(
    { length: channels * places },
    (_, i) => (i % channels) * places + Math.floor(i / channels),
  );
}

/** Only weights of one sign can saturate together: activations are not negative. */
function largestPair(row: ArrayLike<number>, order: readonly number[]): number {
  let largest = 0;
  for (let i = 0; i + 1 < order.length; i += 2) {
    const [a = 0, b = 0] = [row[order[i] ?? 0], row[order[i + 1] ?? 0]];
    if (a * b > 0) largest = Math.max(largest, Math.abs(a + b));
  }
  return largest;
}
