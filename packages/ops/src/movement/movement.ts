import {
  addDim,
  allocate,
  CompileError,
  type Dim,
  elementMover,
  formatType,
  fromNumbers,
  isFloat,
  isStatic,
  numElements,
  partMover,
  type QuantParams,
  type Shape,
  staticShape,
  stridesOf,
  type Tensor,
  type TensorType,
} from '@ghostc/ir';
import { float, int, ints, oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { integerRange } from '../integer-range.ts';
import { roundHalfAway } from '../round-half-away.ts';
import { movedFacts } from './moved-facts.ts';

/** Axis counted from the front; throws `op/axis` outside [-rank, rank). */
export function normalAxis(axis: number, rank: number): number {
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new CompileError('op/axis', `axis ${axis} is outside rank ${rank}`);
}

/** Joins tensors along `axis`. */
export const concat = defineOp({
  name: 'concat',
  inputs: ['xs...'],
  attrs: { axis: int(1) },
  traits: ['movement'],
  computed: 'kernel',
  integerForm: { kind: 'carried', when: () => true },
  ...movedFacts,
  storage: 'join',
  rows: 'channels',
  channels: 'none',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ xs }, attrs) {
    const [first] = xs;
    if (!first) throw new CompileError('concat/infer', 'concat expects at least one input');
    const axis = normalAxis(attrs.axis, first.shape.length);
    for (const x of xs) checkConcat(first, x, axis);
    keepQuant(first, [axis]);
    return {
      dtype: first.dtype,
      shape: first.shape.map((dim, i) => (i === axis ? sumDims(xs.map((x) => x.shape[axis] ?? 0)) : dim)),
      quant: first.quant,
    };
  },
  evaluate({ xs }, attrs, [type]) {
    const shape = staticShape(type.shape);
    const axis = normalAxis(attrs.axis, shape.length);
    const outer = numElements(shape.slice(0, axis));
    const data = allocate(type.dtype, numElements(shape));
    const row = data.length / (outer || 1);
    let offset = 0;
    for (const x of xs) {
      const part = x.data.length / (outer || 1);
      const move = partMover(data, x.data, part);
      for (let o = 0; o < outer; o++) move(o * row + offset, o * part);
      offset += part;
    }
    return withQuant({ dtype: type.dtype, shape, data }, type.quant);
  },
});

function checkConcat(first: TensorType, x: TensorType, axis: number): void {
  const fits =
    x.dtype === first.dtype &&
    x.shape.length === first.shape.length &&
    x.shape.every((dim, i) => i === axis || dim === first.shape[i]);
  if (!fits)
    throw new CompileError(
      'concat/infer',
      `[${x.shape.join(',')}] does not join [${first.shape.join(',')}] along axis ${axis}`,
    );
  const [a, b] = [first, x].map(({ dtype, quant }) => formatType({ dtype, shape: [], quant }));
  if (a !== b)
    throw new CompileError(
      'concat/quant',
      `parts of a concat expect equal quantisation, found ${a} and ${b}`,
    );
}

function sumDims(dims: readonly Dim[]): Dim {
  return dims.every(isStatic) ? dims.reduce((sum, dim) => sum + dim, 0) : dims.join('+');
}

/**
 * For the listed axes, elements starts[a] <= i < ends[a] in steps[a]; bounds may be negative or past the end,
 * as in ONNX Slice.
 */
export const slice = defineOp({
  name: 'slice',
  inputs: ['x'],
  attrs: { starts: ints(), ends: ints(), axes: ints(), steps: ints([]) },
  traits: ['movement'],
  computed: 'kernel',
  integerForm: { kind: 'carried', when: () => true },
  ...movedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x }, attrs) {
    const shape = [...x.shape];
    const ranges = sliceRanges(x.shape, attrs);
    ranges.forEach((range, axis) => {
      if (range) shape[axis] = range.count;
    });
    const cut = [...ranges.keys()].filter((axis) => ranges[axis]);
    return { dtype: x.dtype, shape, quant: keepQuant(x, cut) };
  },
  evaluate({ x }, attrs, [type]) {
    const ranges = sliceRanges(x.shape, attrs);
    return gather(
      x,
      staticShape(type.shape),
      (i, axis) => (ranges[axis]?.start ?? 0) + i * (ranges[axis]?.step ?? 1),
    );
  },
});

interface SliceAttrs {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps: readonly number[];
}

/**
 * For each axis the first index, the step and the count; undefined for a whole axis. Throws `slice/symbolic`
 * and `slice/step`.
 */
export function sliceRanges(
  shape: Shape,
  { starts, ends, axes, steps }: SliceAttrs,
): ({ start: number; step: number; count: number } | undefined)[] {
  const ranges: ({ start: number; step: number; count: number } | undefined)[] = shape.map(() => undefined);
  axes.forEach((given, i) => {
    const axis = normalAxis(given, shape.length);
    const size = shape[axis] ?? 0;
    const [start, end, step] = [starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1];
    if (!isStatic(size)) {
      if (start === 0 && end >= 2 ** 31 - 1 && step === 1) return;
      throw new CompileError('slice/symbolic', `cannot slice the symbolic dimension ${size}`);
    }
    ranges[axis] = sliceRange(size, start, end, step);
  });
  return ranges;
}

function sliceRange(
  size: number,
  start: number,
  end: number,
  step: number,
): { start: number; step: number; count: number } {
  if (step === 0) throw new CompileError('slice/step', 'a slice step of 0 never ends');
  if (size === 0) return { start: 0, step, count: 0 };
  const clamp = (v: number, low: number): number =>
    Math.min(Math.max(v < 0 ? v + size : v, low), step > 0 ? size : size - 1);
  // as in ONNX, a start below the first element is the first element, even for negative steps
  const [from, to] = [clamp(start, 0), clamp(end, step > 0 ? 0 : -1)];
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** Surrounds with `value`. Pads: the begins of all axes, then the ends, as ONNX Pad; none negative. */
export const pad = defineOp({
  name: 'pad',
  inputs: ['x'],
  attrs: { pads: ints(), value: float(0), mode: oneOf(['constant', 'reflect', 'edge', 'wrap'], 'constant') },
  traits: ['movement'],
  computed: 'kernel',
  integerForm: { kind: 'carried', when: ({ value = 0 }) => value === 0 },
  ...movedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x }, { pads }) {
    if (pads.length !== 2 * x.shape.length)
      throw new CompileError('pad/infer', `pads expects ${2 * x.shape.length} numbers, found ${pads.length}`);
    const shape = x.shape.map((dim, axis) =>
      addDim(dim, (pads[axis] ?? 0) + (pads[axis + x.shape.length] ?? 0)),
    );
    const grown = [...x.shape.keys()].filter((axis) => pads[axis] || pads[axis + x.shape.length]);
    return { dtype: x.dtype, shape, quant: keepQuant(x, grown) };
  },
  evaluate({ x }, { pads, value, mode }, [type]) {
    const shape = staticShape(type.shape);
    const index = (i: number, axis: number): number =>
      sourceIndex(i - (pads[axis] ?? 0), x.shape[axis] ?? 1, mode);
    return gather(x, shape, index, padElement(x, value));
  },
});

/**
 * The stored form of the real number `value` in x: for quantised x, round(value / scale) + zero point,
 * limited to the type.
 */
export function padElement({ dtype, quant }: TensorType, value: number): number {
  if (!quant) return isFloat(dtype) ? value : Math.trunc(value);
  const [low, high] = integerRange(dtype);
  const [scale = 1, zeroPoint = 0] = [quant.scale[0], quant.zeroPoint[0]];
  return Math.min(Math.max(roundHalfAway(Math.fround(value / Math.fround(scale))) + zeroPoint, low), high);
}

/** Source index for position `i` outside [0, size); -1 means the constant. */
function sourceIndex(i: number, size: number, mode: string): number {
  if (i >= 0 && i < size) return i;
  if (mode === 'edge') return i < 0 ? 0 : size - 1;
  if (mode === 'wrap') return ((i % size) + size) % size;
  if (mode !== 'reflect') return -1;
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const folded = ((i % period) + period) % period;
  return folded < size ? folded : period - folded;
}

/**
 * The quantisation of x if elements along the listed axes change. Throws `quant/axis` if it is per slice of
 * one of them.
 */
export function keepQuant({ quant }: TensorType, changed: readonly number[]): QuantParams | undefined {
  if (quant?.axis === undefined || !changed.includes(quant.axis)) return quant;
  throw new CompileError('quant/axis', `x is quantised along axis ${quant.axis}, which this op changes`);
}

function movedQuant(quant: QuantParams | undefined, perm: readonly number[]): QuantParams | undefined {
  return quant?.axis === undefined ? quant : { ...quant, axis: perm.indexOf(quant.axis) };
}

/** Exchanges axes: output axis i is input axis perm[i]. */
export const transpose = defineOp({
  name: 'transpose',
  inputs: ['x'],
  attrs: { perm: ints() },
  traits: ['movement'],
  computed: 'kernel',
  integerForm: { kind: 'carried', when: () => true },
  ...movedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x }, { perm }) {
    const sorted = [...perm].sort((a, b) => a - b);
    if (sorted.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
      throw new CompileError(
        'transpose/infer',
        `perm [${perm.join(',')}] is no permutation of ${x.shape.length} axes`,
      );
    }
    return {
      dtype: x.dtype,
      shape: perm.map((axis) => x.shape[axis] ?? 1),
      quant: movedQuant(x.quant, perm),
    };
  },
  evaluate({ x }, { perm }, [type]) {
    const strides = stridesOf(x.shape);
    const moved = gatherStrided(
      x,
      staticShape(type.shape),
      perm.map((axis) => strides[axis] ?? 1),
    );
    return withQuant(moved, movedQuant(x.quant, perm));
  },
});

/** Builds a tensor from per-axis source indices; -1 takes `fill`. */
function gather(
  x: Tensor,
  shape: readonly number[],
  indexOf: (i: number, axis: number) => number,
  fill = 0,
): Tensor {
  const strides = stridesOf(x.shape);
  const tables = shape.map((dim, axis) =>
    Array.from({ length: dim }, (_, i) => {
      const index = indexOf(i, axis);
      return index < 0 ? -1 : index * (strides[axis] ?? 1);
    }),
  );
  const data = allocate(x.dtype, numElements(shape));
  const outer = shape.length - axesInOne(x.shape, tables, strides);
  const run = numElements(shape.slice(outer));
  const start = tables.slice(outer).reduce((sum, table) => sum + (table[0] ?? 0), 0);
  const move = partMover(data, x.data, run);
  const filler = elementMover(data, fromNumbers(x.dtype, [], [fill]).data);
  forEachIndex(shape.slice(0, outer), (at, index) => {
    let from = start;
    for (let axis = 0; axis < outer; axis++) {
      const step = tables[axis]?.[index[axis] ?? 0] ?? 0;
      from = step < 0 || from < 0 ? -1 : from + step;
    }
    if (from >= 0) move(at * run, from);
    else for (let k = 0; k < run; k++) filler(at * run + k, 0);
  });
  return withQuant({ dtype: x.dtype, shape, data }, x.quant);
}

/** How many of the last axes have the same layout in source and result; their elements are copied at once. */
function axesInOne(
  source: Shape,
  tables: readonly (readonly number[])[],
  strides: readonly number[],
): number {
  let axes = 0;
  for (let axis = tables.length - 1; axis >= 0; axis--) {
    const [table, stride] = [tables[axis] ?? [], strides[axis] ?? 1];
    const first = table[0] ?? 0;
    if (first < 0 || table.some((from, i) => from !== first + i * stride)) break;
    axes++;
    if (table.length !== source[axis]) break;
  }
  return axes;
}

function withQuant(x: Tensor, quant: QuantParams | undefined): Tensor {
  return quant ? { ...x, quant } : x;
}

function gatherStrided(x: Tensor, shape: readonly number[], strides: readonly number[]): Tensor {
  const data = allocate(x.dtype, numElements(shape));
  const move = elementMover(data, x.data);
  forEachIndex(shape, (at, index) => {
    let from = 0;
    for (let axis = 0; axis < index.length; axis++) from += (index[axis] ?? 0) * (strides[axis] ?? 0);
    move(at, from);
  });
  return { dtype: x.dtype, shape, data };
}

/** Visits every multi-index of `shape` in row-major order. The index array is reused. */
export function forEachIndex(
  shape: readonly number[],
  visit: (at: number, index: readonly number[]) => void,
): void {
  const index = new Array<number>(shape.length).fill(0);
  const count = numElements(shape);
  for (let at = 0; at < count; at++) {
    visit(at, index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
      index[axis] = 0;
    }
  }
}
