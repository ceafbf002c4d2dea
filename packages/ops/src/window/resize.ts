import {
  CompileError,
  type Dim,
  fromNumbers,
  numElements,
  staticShape,
  stridesOf,
  type Tensor,
  toNumbers,
} from '@ghostc/ir';
import { floats, ints, oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { forEachIndex } from '../movement/movement.ts';
import { rankOf } from '../operand-sizes.ts';
import { axisTaps, type ResizeModes, type Tap } from './axis-taps.ts';

const coordinateModes = ['asymmetric', 'half_pixel', 'pytorch_half_pixel', 'align_corners'] as const;
const nearestModes = ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'] as const;

/**
 * ONNX Resize, nearest or (multi)linear: output sizes from `sizes`, or floor(in * scale) in float32 from
 * `scales`; both list all axes. With `sizes` the scale is out / in; a size of 0 keeps the axis, even a
 * symbolic one.
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
  computed: 'kernel',
  integerForm: { kind: 'resized', op: 'qlinear_resize' },
  onIntegers: 'wide',
  error: { kind: 'interpolated', terms: (node) => 4 * 2 ** rankOf(node) },
  ulp: null,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
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
    const shape = staticShape(type.shape);
    const tables = resizeTables(x.shape, shape, attrs);
    return interpolate(x, shape, tables);
  },
});

function resized(dim: Dim, size: number | undefined, scale: number | undefined): Dim {
  if (size !== undefined) return size === 0 ? dim : size;
  if (scale === 1 || scale === undefined) return dim;
  if (typeof dim === 'number') return scaledSize(dim, scale);
  throw new CompileError('resize/symbolic', `cannot scale the symbolic dimension ${dim}`);
}

/** Sizes are computed in float32: 10 * 1.3 is 13. */
export function scaledSize(size: number, scale: number): number {
  return Math.floor(Math.fround(Math.fround(scale) * size));
}

interface ResizeAttrs extends ResizeModes {
  readonly scales: readonly number[];
}

/**
 * What each output position of every axis reads. Backends build their tables with it. If no size changes, the
 * input is copied, whatever the scales are.
 */
export function resizeTables(
  from: readonly number[],
  to: readonly number[],
  attrs: ResizeAttrs,
): readonly (readonly (readonly Tap[])[])[] {
  const copied = to.every((out, axis) => out === from[axis]);
  return to.map((out, axis) => {
    const size = from[axis] ?? 1;
    return axisTaps({ size, out, scale: copied ? 1 : attrs.scales[axis] }, attrs);
  });
}

function interpolate(
  x: Tensor,
  shape: readonly number[],
  tables: readonly (readonly (readonly Tap[])[])[],
): Tensor {
  const strides = stridesOf(x.shape);
  const data = toNumbers(x);
  const out = new Float64Array(numElements(shape));
  const columns = tables.at(-1) ?? [[{ index: 0, weight: 1 }]];
  let to = 0;
  forEachIndex(shape.slice(0, -1), (_, index) => {
    const rows = rowPoints(index, tables, strides);
    for (const taps of columns) {
      let sum = 0;
      for (const row of rows)
        for (const tap of taps) sum += row.weight * tap.weight * (data[row.index + tap.index] ?? 0);
      out[to++] = sum;
    }
  });
  const resized = fromNumbers(x.dtype, shape, out);
  return x.quant ? { ...resized, quant: x.quant } : resized;
}

/** The start of each input row that an output row reads, with their weights. */
function rowPoints(
  index: readonly number[],
  tables: readonly (readonly (readonly Tap[])[])[],
  strides: readonly number[],
): Tap[] {
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
  return points;
}
