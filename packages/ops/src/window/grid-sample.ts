import { CompileError, fromNumbers, roundHalfToEven, staticShape, toNumbers } from '@ghostc/ir';
import { flag, oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import type { Tap } from './axis-taps.ts';
import { image, imageShape } from './window.ts';

const modes = ['linear', 'nearest', 'cubic'] as const;
const paddings = ['zeros', 'border', 'reflection'] as const;

/** How GridSample reads an image at a position between or beyond its pixels. */
export interface GridAttrs {
  readonly mode: (typeof modes)[number];
  readonly padding_mode: (typeof paddings)[number];
  readonly align_corners: boolean;
}

interface GridSampling extends GridAttrs {
  /** How positions are rounded: to float32, or not at all. */
  readonly single: (v: number) => number;
}

/**
 * ONNX GridSample of images: x [N,C,H,W], grid [N,OH,OW,2] of positions (x, y), where -1 and 1 are the
 * centres of the outermost pixels (`align_corners`) or the edges of the image; y [N,C,OH,OW]. Positions are
 * float32 as in ONNX Runtime, doubles for f64. A NaN position is before the first pixel.
 */
export const gridSample = defineOp({
  name: 'grid_sample',
  inputs: ['x', 'grid'],
  attrs: { mode: oneOf(modes, 'linear'), padding_mode: oneOf(paddings, 'zeros'), align_corners: flag(false) },
  traits: [],
  computed: 'kernel',
  integerForm: { kind: 'none' },
  onIntegers: 'none',
  error: { kind: 'sampled' },
  ulp: null,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'none',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x, grid }) {
    const [n, channels] = imageShape(x, 'x');
    const [batch, height, width, two] = imageShape(grid, 'grid');
    if (batch !== n || two !== 2 || grid.dtype !== x.dtype)
      throw new CompileError(
        'grid_sample/infer',
        `grid expects ${x.dtype}[${n},height,width,2], found ${grid.dtype}[${grid.shape.join(',')}]`,
      );
    return { dtype: x.dtype, shape: [n, channels, height, width] };
  },
  evaluate({ x, grid }, attrs, [type]) {
    const sampling = { ...attrs, single: x.dtype === 'f64' ? (v: number) => v : Math.fround };
    const [batch, channels, height, width] = image(x.shape);
    const shape = image(type.shape);
    const plane = shape[2] * shape[3];
    const [data, positions] = [toNumbers(x), toNumbers(grid)];
    const out = new Float64Array(batch * channels * plane);
    for (let at = 0; at < batch * plane; at++) {
      const columns = sampledTaps(Number(positions[at * 2]), width, sampling);
      const rows = sampledTaps(Number(positions[at * 2 + 1]), height, sampling);
      const n = Math.floor(at / plane);
      for (let c = n * channels; c < (n + 1) * channels; c++)
        out[c * plane + (at % plane)] = weighted(rows, (row) =>
          weighted(columns, (column) => Number(data[(c * height + row) * width + column])),
        );
    }
    return fromNumbers(type.dtype, staticShape(type.shape), out);
  },
});

/** Sum of weights times pixels; those outside count as 0. */
function weighted(taps: readonly Tap[], pixel: (index: number) => number): number {
  return taps.reduce((sum, { index, weight }) => (index < 0 ? sum : sum + weight * pixel(index)), 0);
}

/** The pixels that a number of the grid reads along an axis of `size` pixels; index -1 is outside. */
export function sampledTaps(normal: number, size: number, sampling: GridSampling): readonly Tap[] {
  const at = sampledPosition(normal, size, sampling);
  const tap = (index: number, weight: number): Tap => ({ index: padded(index, size, sampling), weight });
  if (sampling.mode === 'nearest') return [tap(at, 1)];
  const low = Math.floor(at);
  const past = sampling.single(at - low);
  if (sampling.mode === 'linear') return [tap(low, 1 - past), tap(low + 1, past)];
  return [1 + past, past, 1 - past, 2 - past].map((distance, k) => tap(low - 1 + k, keys(distance)));
}

/** The position in pixels, rounded to the nearest, ties to even, of that mode; inside the image or a little outside. */
export function sampledPosition(normal: number, size: number, sampling: GridSampling): number {
  const { mode, padding_mode, align_corners, single } = sampling;
  const moved = single(normal + 1);
  const real = align_corners
    ? single(single(moved / 2) * (size - 1))
    : single(single(single(moved * size) - 1) / 2);
  const at = Number.isNaN(real) ? -Infinity : mode === 'nearest' ? roundHalfToEven(real) : real;
  const [low, high] = border(size, sampling);
  if (at >= low && at <= high) return at;
  if (padding_mode === 'reflection') return reflected(at, [low, high], single);
  const [first, last] = padding_mode === 'zeros' || mode === 'cubic' ? [-3, size + 2] : [0, size - 1];
  return Math.min(Math.max(at, first), last);
}

function border(size: number, { align_corners }: GridSampling): readonly [number, number] {
  return align_corners ? [0, size - 1] : [-0.5, size - 0.5];
}

/** The pixel used for one outside; -1 if none. */
function padded(index: number, size: number, sampling: GridSampling): number {
  if (index >= 0 && index < size) return index;
  if (sampling.padding_mode === 'zeros') return -1;
  if (sampling.padding_mode === 'border') return Math.min(Math.max(index, 0), size - 1);
  const inside = Math.trunc(reflected(index, border(size, sampling), sampling.single));
  return Math.min(Math.max(inside, 0), size - 1);
}

/** v mirrored at low and at high until it lies between them; low if they are equal. */
function reflected(
  v: number,
  [low, high]: readonly [number, number],
  single: GridSampling['single'],
): number {
  const range = high - low;
  const past = single(v < low ? low - v : v > high ? v - high : 0);
  if (!(range > 0 && past < Infinity)) return low;
  const turns = Math.floor(single(past / range));
  const rest = single(past - single(turns * range));
  return single((turns % 2 === 0) === v < low ? low + rest : high - rest);
}

/** Keys' cubic convolution kernel with a = -0.75. */
function keys(distance: number): number {
  const t = Math.abs(distance);
  if (t <= 1) return (1.25 * t - 2.25) * t * t + 1;
  return ((-0.75 * t + 3.75) * t - 6) * t + 3;
}
