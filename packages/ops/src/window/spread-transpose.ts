import type { Attrs, Tensor } from '@ghostc/ir';
import { evaluateOne } from '../define-op.ts';
import { slice } from '../movement/movement.ts';

/**
 * A transposed convolution: sizes of x and of the kernel, and its window, which may have one more row than x,
 * as over a line.
 */
export interface TransposedConvolution {
  /** [N,C,spatial...] */
  readonly shape: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly output_padding: readonly number[];
}

/** Adds a node to a graph. */
export type EmitNode<V> = (op: string, inputs: readonly V[], attrs: Attrs) => V;

/**
 * Computes a transposed convolution as a plain convolution of stride 1 with the mirrored weight, for backends
 * without a kernel for it: x with stride - 1 zeros after each element, and the pads dilation * (kernel - 1) -
 * pad on each side.
 */
export function spreadTranspose<V>(
  x: V,
  conv: TransposedConvolution,
  emit: EmitNode<V>,
): { x: V; pads: number[] } {
  const { kernel, dilations, output_padding } = conv;
  const rank = conv.shape.length - 2;
  const strides = conv.strides.slice(-rank);
  const reach = (axis: number): number => ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1);
  const before = conv.strides.map((_, axis) => reach(axis) - (conv.pads[axis] ?? 0));
  const after = conv.strides.map((stride, axis) => {
    const pad = conv.pads[axis + conv.strides.length] ?? 0;
    return reach(axis) - pad + (output_padding[axis] ?? 0) - (stride - 1);
  });
  const wide = spread(x, { shape: conv.shape, strides }, emit);
  const cut = [...before, ...after].some((pad) => pad < 0);
  const pads = [...before, ...after].map((pad) => Math.max(0, pad));
  if (!cut) return { x: wide, pads };
  const sizes = conv.shape.slice(2).map((size, axis) => size * (strides[axis] ?? 1));
  const inner = emit('slice', [wide], {
    axes: sizes.map((_, axis) => axis + 2),
    starts: before.slice(-rank).map((pad) => Math.max(0, -pad)),
    ends: after.slice(-rank).map((pad, axis) => (sizes[axis] ?? 0) + Math.min(0, pad)),
  });
  return { x: inner, pads };
}

/** [N,C,H,W] as [N,C,H,1,W,1], padded after each element, as [N,C,H s,W s]; over any number of axes. */
function spread<V>(
  x: V,
  { shape, strides }: { shape: readonly number[]; strides: readonly number[] },
  emit: EmitNode<V>,
): V {
  if (strides.every((stride) => stride === 1)) return x;
  const [n = 1, c = 1, ...sizes] = shape;
  const split = emit('reshape', [x], { shape: [n, c, ...sizes.flatMap((size) => [size, 1])] });
  const none = new Array<number>(2 + 2 * sizes.length).fill(0);
  const after = [0, 0, ...strides.flatMap((stride) => [0, stride - 1])];
  const padded = emit('pad', [split], { pads: [...none, ...after] });
  return emit('reshape', [padded], {
    shape: [n, c, ...sizes.map((size, axis) => size * (strides[axis] ?? 1))],
  });
}

/** A kernel [M,C,kH,kW] rotated by 180 degrees. */
export function mirroredKernel(weight: Tensor): Tensor {
  const ends = [Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  return evaluateOne(slice, [weight], { starts: [-1, -1], ends, axes: [2, 3], steps: [-1, -1] });
}
