/** TFLite's two paddings: the output has stride times as many elements as the input, or there is no padding. */
export type TflitePadding = 'SAME' | 'VALID';

/** One axis of a transposed convolution; sizes in elements. */
export interface TransposedAxis {
  readonly size: number;
  readonly out: number;
  readonly taps: number;
  readonly stride: number;
}

/** The meaning of TFLite's padding: elements cut off before and after, and elements without a tap at the end. */
export interface TransposedPads {
  readonly before: number;
  readonly after: number;
  readonly more: number;
}

/** The pads of the convolution from the output to x; any remainder is at the end. */
export function transposedPads(
  { size, out, taps, stride }: TransposedAxis,
  padding: TflitePadding,
): TransposedPads {
  const back = Math.ceil((padding === 'SAME' ? out : out - taps + 1) / stride);
  const before = Math.max(0, (back - 1) * stride + taps - out) >> 1;
  const rest = (size - 1) * stride + taps - before - out;
  return { before, after: Math.max(0, rest), more: Math.max(0, -rest) };
}

interface TransposedWindow {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly output_padding: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
}

/**
 * The padding of TFLite's TRANSPOSE_CONV that is equivalent to these pads: for shapes [N,C,H,W] of x, output
 * and weight; undefined if none is.
 */
export function transposedPadding(
  { strides, pads, output_padding, dilations, group }: TransposedWindow,
  [x, out, weight]: readonly [readonly number[], readonly number[], readonly number[]],
): TflitePadding | undefined {
  if (group !== 1 || dilations.some((step) => step !== 1)) return undefined;
  return (['VALID', 'SAME'] as const).find((padding) =>
    strides.every((stride, a) => {
      const axis = { size: x[a + 2] ?? 1, out: out[a + 2] ?? 1, taps: weight[a + 2] ?? 1, stride };
      const { before, after, more } = transposedPads(axis, padding);
      const back = Math.ceil((padding === 'SAME' ? axis.out : axis.out - axis.taps + 1) / stride);
      return (
        back === axis.size && before === pads[a] && after === pads[a + 2] && more === (output_padding[a] ?? 0)
      );
    }),
  );
}
