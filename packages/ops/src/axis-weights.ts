import { type ResizeModes, sourceCoordinate, taps } from './resize.ts';

export interface WeightedModes extends ResizeModes {
  readonly antialias: boolean;
  /** Taps outside the axis get weight 0, and the others are scaled to sum to 1. */
  readonly exclude_outside: boolean;
  readonly cubic_coeff_a: number;
}

export interface WeightedAxis {
  readonly size: number;
  readonly out: number;
  /** out / size when absent. */
  readonly scale?: number | undefined;
  /** Start and end of the region of tf_crop_and_resize, in parts of the axis. */
  readonly region: readonly [number, number];
}

/**
 * Resizing along one axis as a matrix [out, size]: ONNX Resize with cubic or linear interpolation, antialiasing,
 * `exclude_outside` and tf_crop_and_resize, whose positions outside the axis have weight 0 (an extrapolation value of 0).
 */
export function axisWeights(axis: WeightedAxis, modes: WeightedModes): number[][] {
  return Array.from({ length: axis.out }, (_, i) => rowOf(i, axis, modes));
}

function rowOf(i: number, axis: WeightedAxis, modes: WeightedModes): number[] {
  const row = new Array<number>(axis.size).fill(0);
  const at = coordinateOf(i, axis, modes);
  const crop = modes.coordinate_transformation_mode === 'tf_crop_and_resize';
  if (crop && (at < 0 || at > axis.size - 1)) return row;
  if (modes.mode === 'nearest') {
    const cropped = { ...axis, at };
    for (const tap of taps(i, cropped, modes)) row[tap.index] = tap.weight;
    return row;
  }
  const list = filterTaps(at, axis, modes);
  const kept = modes.exclude_outside ? list.filter(({ index }) => index >= 0 && index < axis.size) : list;
  const total = kept.reduce((sum, { weight }) => sum + weight, 0);
  for (const { index, weight } of kept) {
    const inside = Math.min(Math.max(index, 0), axis.size - 1);
    row[inside] = (row[inside] ?? 0) + weight / total;
  }
  return row;
}

function coordinateOf(
  i: number,
  { size, out, scale = out / size, region: [start, end] }: WeightedAxis,
  modes: WeightedModes,
): number {
  const mode = modes.coordinate_transformation_mode;
  if (mode === 'tf_crop_and_resize')
    return out > 1
      ? start * (size - 1) + (i * (end - start) * (size - 1)) / (out - 1)
      : 0.5 * (start + end) * (size - 1);
  if (mode === 'align_corners') return out === 1 ? 0 : (i * (size - 1)) / (scale * size - 1);
  if (mode === 'half_pixel_symmetric') {
    const adjusted = out / (scale * size);
    return (size / 2) * (1 - adjusted) + (i + 0.5) / scale - 0.5;
  }
  return sourceCoordinate(i, { size, out, scale }, mode);
}

/** The kernel's taps around `at`; antialiasing widens the kernel by 1 / scale where the axis shrinks. */
function filterTaps(
  at: number,
  { size, out, scale = out / size }: WeightedAxis,
  { mode, antialias, cubic_coeff_a: a }: WeightedModes,
): { index: number; weight: number }[] {
  const squeeze = antialias ? Math.min(scale, 1) : 1;
  const radius = (mode === 'cubic' ? 2 : 1) / squeeze;
  const kernel = mode === 'cubic' ? (t: number) => cubic(t, a) : (t: number) => Math.max(0, 1 - t);
  const first = Math.floor(at - radius) + 1;
  const last = Math.ceil(at + radius) - 1;
  const count = Math.max(1, last - first + 1);
  return Array.from({ length: count }, (_, k) => ({
    index: first + k,
    weight: kernel(Math.abs(first + k - at) * squeeze),
  }));
}

/** Keys' cubic convolution kernel with parameter a. */
function cubic(t: number, a: number): number {
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? a * (((t - 5) * t + 8) * t - 4) : 0;
}
