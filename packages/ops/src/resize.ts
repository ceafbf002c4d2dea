import {
  CompileError,
  type Dim,
  fromNumbers,
  numElements,
  staticShape,
  stridesOf,
  type Tensor,
  type TensorType,
  toNumbers,
} from '@ghostc/ir';
import { floats, ints, oneOf } from './attr-spec.ts';
import { defineOp } from './define-op.ts';
import { forEachIndex } from './movement.ts';

const coordinateModes = ['asymmetric', 'half_pixel', 'pytorch_half_pixel', 'align_corners'] as const;
const nearestModes = ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'] as const;

/**
 * ONNX Resize, nearest or (multi)linear: output sizes from `sizes`, or floor(in * scale) from `scales`; both list all
 * axes. With `sizes` the scale is out / in.
 */
export const resize = defineOp({
  name: 'resize',
  inputs: ['x'],
  attrs: {
    sizes: ints([]),
    scales: floats([]),
    mode: oneOf(['nearest', 'linear'], 'nearest'),
    coordinate_transformation_mode: oneOf(coordinateModes, 'half_pixel'),
    nearest_mode: oneOf(nearestModes, 'round_prefer_floor'),
  },
  traits: ['integer'],
  infer({ x }, { sizes, scales }) {
    const given = sizes.length ? sizes : scales;
    if (given.length !== x.shape.length)
      throw new CompileError(
        'resize/infer',
        `expected ${x.shape.length} sizes or scales, found ${given.length}`,
      );
    return {
      dtype: x.dtype,
      shape: x.shape.map((dim, axis) => resized(dim, sizes[axis], scales[axis])),
      quant: x.quant,
    };
  },
  evaluate({ x }, attrs, [type]) {
    const shape = staticShape((type as TensorType).shape);
    const tables = shape.map((out, axis) =>
      Array.from({ length: out }, (_, i) =>
        taps(i, { size: x.shape[axis] ?? 1, out, scale: attrs.scales[axis] }, attrs),
      ),
    );
    return interpolate(x, shape, tables);
  },
});

function resized(dim: Dim, size: number | undefined, scale: number | undefined): Dim {
  if (size !== undefined) return size;
  if (scale === 1 || scale === undefined) return dim;
  if (typeof dim === 'number') return Math.floor(dim * scale);
  throw new CompileError('resize/symbolic', `cannot scale the symbolic dimension ${dim}`);
}

export interface Tap {
  readonly index: number;
  readonly weight: number;
}

export interface ResizeModes {
  readonly mode: string;
  readonly coordinate_transformation_mode: string;
  readonly nearest_mode: string;
}

export interface ResizeAxis {
  readonly size: number;
  readonly out: number;
  /** out / size when absent. */
  readonly scale?: number | undefined;
  /** Source position, where the coordinate mode does not say it. */
  readonly at?: number | undefined;
}

/** The source elements, with weights, that output position `i` of one axis reads. Backends make their tables with it. */
export function taps(i: number, axis: ResizeAxis, modes: ResizeModes): readonly Tap[] {
  if (axis.at === undefined && axis.size === axis.out && (axis.scale ?? 1) === 1)
    return [{ index: i, weight: 1 }];
  const at = axis.at ?? sourceCoordinate(i, axis, modes.coordinate_transformation_mode);
  const clamp = (index: number): number => Math.min(Math.max(index, 0), axis.size - 1);
  if (modes.mode === 'nearest') return [{ index: clamp(nearest(at, modes.nearest_mode)), weight: 1 }];
  const low = Math.floor(at);
  const fraction = at - low;
  if (fraction === 0) return [{ index: clamp(low), weight: 1 }];
  return [
    { index: clamp(low), weight: 1 - fraction },
    { index: clamp(low + 1), weight: fraction },
  ];
}

/** The position in the source that output position `i` reads. */
export function sourceCoordinate(
  i: number,
  { size, out, scale = out / size }: ResizeAxis,
  mode: string,
): number {
  if (mode === 'asymmetric') return i / scale;
  if (mode === 'align_corners') return out === 1 ? 0 : (i * (size - 1)) / (out - 1);
  if (mode === 'pytorch_half_pixel' && out === 1) return 0;
  return (i + 0.5) / scale - 0.5;
}

function nearest(at: number, mode: string): number {
  if (mode === 'floor') return Math.floor(at);
  if (mode === 'ceil') return Math.ceil(at);
  return mode === 'round_prefer_ceil' ? Math.floor(at + 0.5) : Math.ceil(at - 0.5);
}

function interpolate(
  x: Tensor,
  shape: readonly number[],
  tables: readonly (readonly (readonly Tap[])[])[],
): Tensor {
  const strides = stridesOf(x.shape);
  const data = toNumbers(x);
  const out = new Float64Array(numElements(shape));
  forEachIndex(shape, (at, index) => {
    let points: Tap[] = [{ index: 0, weight: 1 }];
    index.forEach((i, axis) => {
      const choices = tables[axis]?.[i] ?? [];
      points = points.flatMap((point) =>
        choices.map((tap) => ({
          index: point.index + tap.index * (strides[axis] ?? 1),
          weight: point.weight * tap.weight,
        })),
      );
    });
    out[at] = points.reduce((sum, point) => sum + point.weight * Number(data[point.index]), 0);
  });
  const resized = fromNumbers(x.dtype, shape, out);
  return x.quant ? { ...resized, quant: x.quant } : resized;
}
