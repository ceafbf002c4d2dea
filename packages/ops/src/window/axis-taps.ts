import { CompileError } from '@ghostc/ir';

/** An input position along an axis, and its weight. */
export interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** How ONNX Resize chooses and weights samples; names are those of its attributes. */
export interface ResizeModes {
  readonly mode: string;
  readonly coordinate_transformation_mode: string;
  readonly nearest_mode: string;
  /** A shrinking axis is filtered by a kernel as wide as the step between its positions. */
  readonly antialias?: boolean;
  /** Taps outside the axis get weight 0, and the others are scaled to sum to 1. */
  readonly exclude_outside?: boolean;
  readonly cubic_coeff_a?: number;
}

/** One axis of a resize: sizes in elements, and the scale between them. */
export interface ResizeAxis {
  readonly size: number;
  readonly out: number;
  /** out / size when absent. */
  readonly scale?: number | undefined;
  /** Start and end of the region of tf_crop_and_resize, as fractions of the axis. */
  readonly region?: readonly [number, number];
}

/** Positions are float32, as ONNX Runtime computes them: a nearest element depends on the last bit. */
const single = Math.fround;

/** Longer tables would take more than 1 GB as C text. */
const MOST_POSITIONS = 2 ** 20;

/**
 * The source elements, with weights, that each output position of one axis reads: ONNX Resize as ONNX Runtime
 * computes it. Throws
 * `resize/size` for an axis of more than 2^20 positions.
 */
export function axisTaps(axis: ResizeAxis, modes: ResizeModes): readonly (readonly Tap[])[] {
  if (axis.out > MOST_POSITIONS)
    throw new CompileError(
      'resize/size',
      `expected at most ${MOST_POSITIONS} positions along an axis, found ${axis.out}`,
    );
  const copied = modes.antialias ? axis.out === axis.size : scaleOf(axis) === 1;
  const taps = Array.from({ length: axis.out }, (_, i) =>
    copied ? [{ index: i, weight: 1 }] : tapsAt(sourcePosition(i, axis, modes), axis, modes),
  );
  return modes.mode === 'linear' && !modes.antialias && taps.every(isElement) ? taps.map(elementOf) : taps;
}

/** Whether the taps copy one element. */
function isElement([first, second]: readonly Tap[]): boolean {
  return !second || first?.weight === 1 || first?.index === second.index;
}

function elementOf([first]: readonly Tap[]): readonly Tap[] {
  return [{ index: first?.index ?? 0, weight: 1 }];
}

function scaleOf({ size, out, scale }: ResizeAxis): number {
  return single(scale ?? out / size);
}

function tapsAt(at: number, axis: ResizeAxis, modes: ResizeModes): readonly Tap[] {
  const last = axis.size - 1;
  const inside = (index: number): number => Math.min(Math.max(index, 0), last);
  if (modes.mode === 'nearest') return [{ index: inside(nearest(at, modes.nearest_mode)), weight: 1 }];
  if (modes.mode === 'linear' && !modes.antialias) return linearTaps(inside(at), last);
  const taps = kernelTaps(at, axis, modes).filter(
    ({ index }) => !modes.exclude_outside || index === inside(index),
  );
  const scaled = modes.antialias || modes.exclude_outside;
  const total = scaled ? taps.reduce((sum, { weight }) => sum + weight, 0) : 1;
  return taps.map(({ index, weight }) => ({
    index: inside(index),
    weight: total === 0 ? 0 : weight / total,
  }));
}

/**
 * Always two taps, as in ONNX Runtime: next to an infinity, weight 0 gives NaN. The last element is used
 * twice with weight 1/2.
 */
function linearTaps(at: number, last: number): readonly Tap[] {
  const low = Math.floor(at);
  if (low === last) return [low, low].map((index) => ({ index, weight: 0.5 }));
  return [
    { index: low, weight: low + 1 - at },
    { index: low + 1, weight: at - low },
  ];
}

/** The source position that output position `i` reads. */
export function sourcePosition(i: number, axis: ResizeAxis, modes: ResizeModes): number {
  const { size, out } = axis;
  const scale = scaleOf(axis);
  if (scale === 1) return i;
  switch (modes.coordinate_transformation_mode) {
    case 'asymmetric':
      return single(i / scale);
    case 'tf_half_pixel_for_nn':
      return single((i + 0.5) / scale);
    case 'align_corners':
      return out === 1 ? 0 : single(single(i * (size - 1)) / (out - 1));
    case 'half_pixel_symmetric': {
      const offset = single((size / 2) * single(1 - single(out / single(scale * size))));
      return single(offset + (i + 0.5) / scale - 0.5);
    }
    case 'tf_crop_and_resize':
      return croppedPosition(i, axis);
    case 'pytorch_half_pixel':
      if (out === 1) return 0;
  }
  return single(single((i + 0.5) / scale) - 0.5);
}

function croppedPosition(i: number, { size, out, region: [start, end] = [0, 1] }: ResizeAxis): number {
  const [from, to] = [single(start), single(end)];
  if (out === 1) return single(0.5 * single(from + to) * (size - 1));
  const steps = single(single(i * single(to - from)) * (size - 1));
  return single(single(from * (size - 1)) + single(steps / (out - 1)));
}

/** Positions this close to a half count as one half: ONNX Runtime tolerates the rounding of a position. */
const HALF_TOLERANCE = 1e-6;

function nearest(at: number, mode: string): number {
  if (mode === 'floor') return Math.floor(at);
  if (mode === 'ceil') return Math.ceil(at);
  const low = Math.floor(at);
  const past = at - low - 0.5;
  if (Math.abs(past) < HALF_TOLERANCE) return mode === 'round_prefer_ceil' ? low + 1 : low;
  return past > 0 ? low + 1 : low;
}

/** The kernel's taps around `at`; antialiasing widens the kernel by 1 / scale where the axis shrinks. */
function kernelTaps(
  at: number,
  axis: ResizeAxis,
  { mode, antialias, cubic_coeff_a: a = -0.75 }: ResizeModes,
): Tap[] {
  const squeeze = antialias ? Math.min(scaleOf(axis), 1) : 1;
  const radius = (mode === 'cubic' ? 2 : 1) / squeeze;
  const kernel = mode === 'cubic' ? (t: number) => cubic(t, a) : (t: number) => Math.max(0, 1 - t);
  const first = Math.floor(at - radius) + 1;
  const last = Math.ceil(at + radius) - 1;
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, k) => ({
    index: first + k,
    weight: kernel(single(Math.abs(first + k - at) * squeeze)),
  }));
}

/** Keys' cubic convolution kernel with parameter a, in float32. */
function cubic(t: number, a: number): number {
  const near = single(single(single(a + 2) * t) - single(a + 3));
  if (t <= 1) return single(single(single(near * t) * t) + 1);
  const far = single(single(single(single(a * t) - single(5 * a)) * t) + single(8 * a));
  return t < 2 ? single(single(far * t) - single(4 * a)) : 0;
}
