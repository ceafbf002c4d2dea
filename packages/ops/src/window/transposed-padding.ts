/** TFLite's two ways to pad: as many elements as the output has by stride, or none. */
export type TflitePadding = 'SAME' | 'VALID';

/** One axis of a transposed convolution; sizes in elements. */
export interface TransposedAxis {
  readonly size: number;
  readonly out: number;
  readonly taps: number;
  readonly stride: number;
}

/** What TFLite's padding stands for: elements cut off before and after, and elements without a tap at the end. */
export interface TransposedPads {
  readonly before: number;
  readonly after: number;
  readonly more: number;
}

/** As the convolution from the output to x has its pads; what is left over or missing lies at the end. */
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

/** The padding of TFLite's TRANSPOSE_CONV that means these pads: for shapes [N,C,H,W] of x, output and weight; undefined if none does. */
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
