import { CompileError } from '@ghostc/ir';
import { Padding } from '../generated/padding.ts';

/** Options that convolutions and pools share, for each spatial axis: [height, width], or [depth, height, width]. */
export interface WindowOptions {
  readonly padding: Padding;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly kernel: readonly number[];
}

/** Pads are those before each axis, then those after. */
type WindowAttributes = Pick<WindowOptions, 'strides' | 'dilations'> & { readonly pads: readonly number[] };

/**
 * strides, dilations and pads of a window over an image of `size`. With
 * SAME padding the output has ceil(size / stride) elements; an odd padding element is at the end.
 */
export function windowAttributes(options: WindowOptions, size: readonly number[]): WindowAttributes {
  const { padding, strides, dilations, kernel } = options;
  if (![...strides, ...dilations, ...kernel].every((n) => n >= 1))
    throw new CompileError(
      'tflite/options',
      `expected positive strides, dilations and window, found [${strides}], [${dilations}], [${kernel}]`,
    );
  if (padding !== Padding.SAME && padding !== Padding.VALID)
    throw new CompileError('tflite/options', `expected padding SAME or VALID, found ${padding}`);
  const totals = size.map((_, axis) => (padding === Padding.SAME ? samePadding(options, size, axis) : 0));
  const before = totals.map((total) => Math.floor(total / 2));
  const after = totals.map((total, axis) => total - (before[axis] ?? 0));
  return { strides, dilations, pads: [...before, ...after] };
}

function samePadding(
  { strides, dilations, kernel }: WindowOptions,
  size: readonly number[],
  axis: number,
): number {
  const [stride, dilation, taps, length] = [strides, dilations, kernel, size].map(
    (sizes) => sizes[axis] ?? 1,
  ) as [number, number, number, number];
  const reach = dilation * (taps - 1) + 1;
  return Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach - length);
}
