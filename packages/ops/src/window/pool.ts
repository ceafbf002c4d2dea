import {
  CompileError,
  type Dim,
  floorDivDim,
  fromNumbers,
  isFloat,
  isStatic,
  staticShape,
  type Tensor,
  type TensorType,
  toNumbers,
} from '@ghostc/ir';
import { flag, ints } from '../attr-spec.ts';
import { type AttrValues, defineOp } from '../define-op.ts';
import { integerRange } from '../integer-range.ts';
import { planeSize, windowSize } from '../operand-sizes.ts';
import { windowAttrs } from './conv2d.ts';
import { checkWindow, image, pair, planeShape, shapeLike, windowOutput } from './window.ts';

export const poolAttrs = { ...windowAttrs, kernel_shape: ints(), ceil_mode: flag(false) } as const;
type PoolAttrs = AttrValues<typeof poolAttrs>;

/** ONNX AveragePool of images and lines. Padding counts only with `count_include_pad`. Pads: [top, left, bottom, right]. */
export const averagePool = defineOp({
  name: 'average_pool',
  inputs: ['x'],
  attrs: { ...poolAttrs, count_include_pad: flag(false) },
  traits: ['reduction', 'window'],
  computed: 'kernel',
  integerForm: { kind: 'requantized', op: 'qlinear_average_pool' },
  onIntegers: 'none',
  error: { kind: 'sum', terms: (node) => windowSize(node) + 2 },
  ulp: (node) => windowSize(node) + 2,
  storage: 'own',
  rows: 'pool',
  channels: 'same',
  epilogue: { kind: 'none' },
  factor: 'passed',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer: ({ x }, attrs) => poolType(x, attrs),
  evaluate({ x }, attrs, [type]) {
    const padded = attrs.count_include_pad;
    return pool(
      x,
      attrs,
      type,
      (taps, inWindow) => taps.reduce((sum, v) => sum + v, 0) / (padded ? inWindow : taps.length),
    );
  },
});

/** ONNX MaxPool of images and lines, first output. Padding is never the maximum. */
export const maxPool = defineOp({
  name: 'max_pool',
  inputs: ['x'],
  attrs: poolAttrs,
  traits: ['exact', 'integer', 'window'],
  computed: 'kernel',
  integerForm: { kind: 'carried', when: () => true },
  onIntegers: 'narrow',
  error: { kind: 'exact' },
  ulp: 0,
  storage: 'own',
  rows: 'pool',
  channels: 'same',
  epilogue: { kind: 'none' },
  factor: 'passed',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer: ({ x }, attrs) => ({ ...poolType(x, attrs), quant: x.quant }),
  evaluate({ x }, attrs, [type]) {
    const lowest = isFloat(x.dtype) ? Number.NEGATIVE_INFINITY : integerRange(x.dtype)[0];
    const pooled = pool(x, attrs, type, (taps) =>
      taps.reduce((best, v) => (v > best || Number.isNaN(v) ? v : best), lowest),
    );
    return x.quant ? { ...pooled, quant: x.quant } : pooled;
  },
});

/**
 * ONNX MaxPool's second output: for each output element the flat index (over the whole of x) of the maximum,
 * the first among equals; `column_major` counts each image plane by columns.
 */
export const argMaxPool = defineOp({
  name: 'arg_max_pool',
  inputs: ['x'],
  attrs: { ...poolAttrs, column_major: flag(false) },
  traits: ['selection', 'window'],
  computed: 'general',
  integerForm: { kind: 'none' },
  onIntegers: 'moved',
  error: { kind: 'selected' },
  ulp: 0,
  storage: 'own',
  // indices count over the whole of x
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'none',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer: ({ x }, attrs) => ({ dtype: 'i64', shape: poolType(x, attrs).shape }),
  evaluate({ x }, attrs, [type]) {
    const [, , height, width] = image(x.shape);
    const data = toNumbers(x);
    const positions = { ...x, dtype: 'f64' as const, data: Float64Array.from(data, (_, i) => i) };
    const best = pool(positions, attrs, { ...type, dtype: 'f64' }, (taps) =>
      taps.reduce(
        (top, at) => ((data[at] ?? 0) > (data[top] ?? 0) || Number.isNaN(data[at]) ? at : top),
        taps[0] ?? 0,
      ),
    );
    const plane = height * width;
    const column = (at: number): number =>
      at - (at % plane) + ((at % plane) % width) * height + Math.floor((at % plane) / width);
    return fromNumbers(
      'i64',
      best.shape,
      Array.from(toNumbers(best), (at) => (attrs.column_major ? column(Number(at)) : Number(at))),
    );
  },
});

/** Mean over the spatial axes: [N,C,H,W] -> [N,C,1,1], [N,C,L] -> [N,C,1], ONNX GlobalAveragePool. */
export const globalAveragePool = defineOp({
  name: 'global_average_pool',
  inputs: ['x'],
  attrs: {},
  traits: ['reduction', 'window'],
  computed: 'kernel',
  integerForm: { kind: 'requantized', op: 'qlinear_global_average_pool' },
  onIntegers: 'none',
  error: { kind: 'sum', terms: (node) => planeSize(node) + 2 },
  ulp: (node) => planeSize(node) + 2,
  storage: 'own',
  rows: 'none',
  channels: 'same',
  epilogue: { kind: 'none' },
  factor: 'passed',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x }) {
    const [n, channels] = planeShape(x, 'x');
    return { dtype: x.dtype, shape: shapeLike(x, [n, channels, 1, 1]) };
  },
  evaluate({ x }, _attrs, [type]) {
    const [n, channels, height, width] = image(x.shape);
    const data = toNumbers(x);
    const plane = height * width;
    const means = Float64Array.from({ length: n * channels }, (_, i) => {
      let sum = 0;
      for (let at = i * plane; at < (i + 1) * plane; at++) sum += data[at] ?? 0;
      return sum / plane;
    });
    return fromNumbers(x.dtype, staticShape(type.shape), means);
  },
});

function poolType(x: TensorType, attrs: PoolAttrs): TensorType {
  const [n, channels, height, width] = planeShape(x, 'x');
  if (attrs.kernel_shape.length !== 2)
    throw new CompileError(
      'op/attribute',
      `kernel_shape expects two numbers, found [${attrs.kernel_shape.join(',')}]`,
    );
  checkWindow(x, attrs.kernel_shape[0] ?? 1, attrs);
  const shape = shapeLike(x, [n, channels, pooled(height, 0, attrs), pooled(width, 1, attrs)]);
  return { dtype: x.dtype, shape };
}

/** Output size along one axis; with ceil_mode a last window must start inside the input or its leading pad. */
function pooled(size: Dim, axis: 0 | 1, attrs: PoolAttrs): Dim {
  const kernel = attrs.kernel_shape[axis] ?? 1;
  const stride = attrs.strides[axis] ?? 1;
  if (!attrs.ceil_mode) return windowOutput(size, kernel, axis, attrs);
  if (!isStatic(size)) return floorDivDim(size, stride);
  const before = attrs.pads[axis] ?? 0;
  const room = size + before + (attrs.pads[axis + 2] ?? 0) - (attrs.dilations[axis] ?? 1) * (kernel - 1) - 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= size + before ? count - 1 : count;
}

/** `combine` gets the elements under the window and the number of window positions inside input plus padding. */
function pool(
  x: Tensor,
  attrs: PoolAttrs,
  type: TensorType,
  combine: (taps: number[], inWindow: number) => number,
): Tensor {
  const [n, channels, outHeight, outWidth] = image(type.shape);
  const [, , height, width] = image(x.shape);
  const data = toNumbers(x);
  const rows = Array.from({ length: outHeight }, (_, i) => windowTaps(i, height, 0, attrs));
  const columns = Array.from({ length: outWidth }, (_, j) => windowTaps(j, width, 1, attrs));
  const out = new Float64Array(n * channels * outHeight * outWidth);
  for (let plane = 0, at = 0; plane < n * channels; plane++) {
    const base = plane * height * width;
    for (const row of rows) {
      for (const column of columns) {
        const taps = row.inside.flatMap((y) => column.inside.map((z) => data[base + y * width + z] ?? 0));
        out[at++] = combine(taps, row.counted * column.counted);
      }
    }
  }
  return fromNumbers(type.dtype, staticShape(type.shape), out);
}

/**
 * Positions along one axis that output `index` reads, and how many of the window are inside input plus
 * padding.
 */
export function windowTaps(
  index: number,
  size: number,
  axis: 0 | 1,
  attrs: PoolAttrs,
): { inside: number[]; counted: number } {
  const start = index * pair(attrs.strides)[axis] - (attrs.pads[axis] ?? 0);
  const all = Array.from(
    { length: attrs.kernel_shape[axis] ?? 1 },
    (_, k) => start + k * (attrs.dilations[axis] ?? 1),
  );
  const end = size + (attrs.pads[axis + 2] ?? 0);
  return { inside: all.filter((at) => at >= 0 && at < size), counted: all.filter((at) => at < end).length };
}
