import {
  allocate,
  CompileError,
  type Dim,
  elementMover,
  fromNumbers,
  numElements,
  partMover,
  staticShape,
  stridesOf,
  type Tensor,
  type TensorType,
  toNumbers,
} from '@ghostc/ir';
import { flag, int, oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { gatheredFacts } from '../movement/moved-facts.ts';
import { forEachIndex, normalAxis } from '../movement/movement.ts';
import { reducedTerms } from '../operand-sizes.ts';
import { isWhole, wideElements, wrapped } from '../wide-elements.ts';

function requireIndices({ dtype }: TensorType, op: string): void {
  if (dtype !== 'i32' && dtype !== 'i64')
    throw new CompileError('op/dtype', `${op} expects indices of i32 or i64, found ${dtype}`);
}

/** An index into an axis of `size`, negative from the end; throws `op/index` outside it. */
function checkedIndex(index: number, size: number): number {
  const at = index < 0 ? index + size : index;
  if (at >= 0 && at < size) return at;
  throw new CompileError('op/index', `index ${index} is outside an axis of ${size}`);
}

/** Slices of x along `axis` at `indices`: x [A..,S,B..], indices [I..] -> [A..,I..,B..], ONNX Gather. */
export const gather = defineOp({
  name: 'gather',
  inputs: ['x', 'indices'],
  attrs: { axis: int(0) },
  traits: ['movement'],
  ...gatheredFacts,
  infer({ x, indices }, attrs) {
    requireIndices(indices, 'gather');
    const axis = normalAxis(attrs.axis, x.shape.length);
    return {
      dtype: x.dtype,
      shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
      quant: x.quant,
    };
  },
  evaluate({ x, indices }, attrs, [type]) {
    const shape = staticShape(type.shape);
    const axis = normalAxis(attrs.axis, x.shape.length);
    const size = x.shape[axis] ?? 1;
    const inner = numElements(x.shape.slice(axis + 1));
    const outer = numElements(x.shape.slice(0, axis));
    const picks = Array.from(toNumbers(indices), (index) => checkedIndex(Number(index), size));
    const data = allocate(x.dtype, numElements(shape));
    const move = partMover(data, x.data, inner);
    for (let o = 0; o < outer; o++)
      picks.forEach((pick, i) => {
        move((o * picks.length + i) * inner, (o * size + pick) * inner);
      });
    return { dtype: x.dtype, shape, data, quant: x.quant };
  },
});

/** y[i,j,..] = x[i,..,indices[i,j,..],..] with the index at `axis`, ONNX GatherElements. */
export const gatherElements = defineOp({
  name: 'gather_elements',
  inputs: ['x', 'indices'],
  attrs: { axis: int(0) },
  traits: ['movement'],
  ...gatheredFacts,
  infer({ x, indices }, { axis }) {
    requireIndices(indices, 'gather_elements');
    normalAxis(axis, x.shape.length);
    if (x.shape.length !== indices.shape.length)
      throw new CompileError(
        'op/rank',
        `gather_elements expects indices of rank ${x.shape.length}, found ${indices.shape.length}`,
      );
    return { dtype: x.dtype, shape: indices.shape, quant: x.quant };
  },
  evaluate({ x, indices }, attrs) {
    const axis = normalAxis(attrs.axis, x.shape.length);
    const strides = stridesOf(x.shape);
    const picks = toNumbers(indices);
    const data = allocate(x.dtype, picks.length);
    const move = elementMover(data, x.data);
    forEachIndex(indices.shape, (at, index) => {
      const from = index.reduce(
        (sum, i, a) =>
          sum + (a === axis ? checkedIndex(Number(picks[at]), x.shape[a] ?? 1) : i) * (strides[a] ?? 1),
        0,
      );
      move(at, from);
    });
    return { dtype: x.dtype, shape: [...indices.shape], data, quant: x.quant };
  },
});

/** Slices of x at the index tuples of the last axis of `indices`, after `batch_dims` common axes; ONNX GatherND. */
export const gatherNd = defineOp({
  name: 'gather_nd',
  inputs: ['x', 'indices'],
  attrs: { batch_dims: int(0) },
  traits: ['movement'],
  ...gatheredFacts,
  infer({ x, indices }, { batch_dims: batch }) {
    requireIndices(indices, 'gather_nd');
    const depth = Number(indices.shape.at(-1));
    if (!(depth >= 1 && batch + depth <= x.shape.length))
      throw new CompileError(
        'op/rank',
        `gather_nd expects tuples of 1 to ${x.shape.length - batch} indices, found ${depth}`,
      );
    return {
      dtype: x.dtype,
      shape: [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)],
      quant: x.quant,
    };
  },
  evaluate({ x, indices }, { batch_dims: batch }, [type]) {
    const shape = staticShape(type.shape);
    const depth = indices.shape.at(-1) ?? 1;
    const size = numElements(x.shape.slice(batch + depth));
    const tuples = indices.data.length / depth;
    const perBatch = tuples / numElements(indices.shape.slice(0, batch));
    const data = allocate(x.dtype, numElements(shape));
    const move = partMover(data, x.data, size);
    for (let t = 0; t < tuples; t++) {
      const start = Math.floor(t / perBatch) * (x.data.length / (tuples / perBatch));
      const from = start + tupleOffset(x.shape.slice(batch), indices, { t, depth });
      move(t * size, from);
    }
    return { dtype: x.dtype, shape, data, quant: x.quant };
  },
});

function tupleOffset(
  shape: readonly number[],
  indices: Tensor,
  { t, depth }: { t: number; depth: number },
): number {
  const strides = stridesOf(shape);
  const picks = toNumbers(indices);
  let offset = 0;
  for (let d = 0; d < depth; d++)
    offset += checkedIndex(Number(picks[t * depth + d]), shape[d] ?? 1) * (strides[d] ?? 1);
  return offset;
}

const reductions = ['none', 'add', 'mul', 'max', 'min'] as const;
const combine: Readonly<Record<(typeof reductions)[number], (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: (old, update) => (old > update || Number.isNaN(old) ? old : update),
  min: (old, update) => (old < update || Number.isNaN(old) ? old : update),
};

/**
 * Elements for `combine`: bigints for integers of 32 and 64 bits, since a double would round away bits that
 * wrapping keeps.
 */
function combinable({ dtype, shape, data }: Tensor): number[] {
  if (!isWhole(dtype)) return Array.from(toNumbers({ dtype, shape, data }), Number);
  return Array.from(data as ArrayLike<number>, BigInt) as unknown[] as number[];
}

function stored({ dtype, shape }: Tensor, values: readonly number[]): Tensor {
  if (!isWhole(dtype)) return fromNumbers(dtype, shape, values);
  return { dtype, shape, data: wrapped(dtype, values as readonly unknown[] as bigint[]) };
}

/** x with slices replaced (or added to, ...) at the index tuples of `indices`, ONNX ScatterND. */
export const scatterNd = defineOp({
  name: 'scatter_nd',
  inputs: ['x', 'indices', 'updates'],
  attrs: { reduction: oneOf(reductions, 'none') },
  traits: ['scatter'],
  computed: 'general',
  integerForm: { kind: 'none' },
  onIntegers: 'narrow',
  error: { kind: 'scattered', terms: reducedTerms },
  ulp: null,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'moved',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x, indices, updates }) {
    requireIndices(indices, 'scatter_nd');
    const depth = Number(indices.shape.at(-1));
    const wanted = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
    if (updates.dtype !== x.dtype || updates.shape.join() !== wanted.join())
      throw new CompileError(
        'scatter_nd/infer',
        `updates expects ${x.dtype}[${wanted.join(',')}], found ${updates.dtype}[${updates.shape.join(',')}]`,
      );
    return { dtype: x.dtype, shape: x.shape };
  },
  evaluate({ x, indices, updates }, { reduction }) {
    const depth = indices.shape.at(-1) ?? 1;
    const size = numElements(x.shape.slice(depth));
    const [out, values] = [combinable(x), combinable(updates)];
    for (let t = 0; t < indices.data.length / depth; t++) {
      const at = tupleOffset(x.shape, indices, { t, depth });
      for (let i = 0; i < size; i++)
        out[at + i] = combine[reduction](out[at + i] ?? 0, values[t * size + i] ?? 0);
    }
    return stored(x, out);
  },
});

/** Traverses a tensor line by line along one axis: `visit` gets the flat indices of the elements of a line. */
function forEachLine(shape: readonly number[], axis: number, visit: (at: readonly number[]) => void): void {
  const stride = stridesOf(shape)[axis] ?? 1;
  const size = shape[axis] ?? 1;
  const count = numElements(shape);
  for (let first = 0; first < count; first++) {
    if (Math.floor(first / stride) % size !== 0) continue;
    visit(Array.from({ length: size }, (_, i) => first + i * stride));
  }
}

/**
 * Defines the index of the extreme element along `axis`: the first among equals, or the last with
 * `select_last_index`.
 */
function argExtreme<const N extends string>(
  name: N,
  better: (a: number | bigint, b: number | bigint) => boolean,
) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axis: int(0), keepdims: flag(true), select_last_index: flag(false) },
    traits: ['selection'],
    computed: 'general',
    integerForm: { kind: 'none' },
    onIntegers: 'moved',
    error: { kind: 'selected' },
    ulp: 0,
    storage: 'own',
    rows: 'none',
    channels: 'none',
    epilogue: { kind: 'none' },
    factor: 'stopped',
    nan: 'none',
    random: { place: 'none', domain: 'any', attrs: {} },
    infer({ x }, attrs) {
      const axis = normalAxis(attrs.axis, x.shape.length);
      const shape = x.shape.flatMap((dim, a): Dim[] => (a === axis ? (attrs.keepdims ? [1] : []) : [dim]));
      return { dtype: 'i64', shape };
    },
    evaluate({ x }, attrs, [type]) {
      const data = wideElements(x);
      const found: number[] = [];
      forEachLine(x.shape, normalAxis(attrs.axis, x.shape.length), (at) => {
        let best = 0;
        at.forEach((index, i) => {
          const [value, top] = [data[index] ?? 0, data[at[best] ?? 0] ?? 0];
          if (better(value, top) || (attrs.select_last_index && value === top)) best = i;
        });
        found.push(best);
      });
      return fromNumbers('i64', staticShape(type.shape), found);
    },
  });
}

/** Index of the largest element along `axis`, int64, the first among equals; ONNX ArgMax. */
export const argMax = argExtreme('arg_max', (a, b) => a > b);
/** Index of the smallest element along `axis`, int64, the first among equals; ONNX ArgMin. */
export const argMin = argExtreme('arg_min', (a, b) => a < b);

/** The k extreme elements along `axis` with their indices, the lower index first among equals; ONNX TopK. */
export const topK = defineOp({
  name: 'top_k',
  inputs: ['x'],
  attrs: { k: int(), axis: int(-1), largest: flag(true) },
  traits: ['selection'],
  computed: 'general',
  integerForm: { kind: 'none' },
  onIntegers: 'moved',
  error: { kind: 'selected' },
  ulp: 0,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'none',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x }, { k, axis }) {
    const at = normalAxis(axis, x.shape.length);
    const size = x.shape[at] ?? 1;
    if (typeof size === 'number' && (k < 0 || k > size))
      throw new CompileError('top_k/infer', `k = ${k} does not fit an axis of ${size}`);
    const shape = x.shape.map((dim, a) => (a === at ? k : dim));
    return [
      { dtype: x.dtype, shape },
      { dtype: 'i64', shape },
    ];
  },
  evaluate({ x }, attrs, [type]) {
    const shape = staticShape(type.shape);
    const axis = normalAxis(attrs.axis, shape.length);
    const data = wideElements(x);
    const values = allocate(x.dtype, numElements(shape));
    const move = elementMover(values, x.data);
    const indices = new Float64Array(values.length);
    const sign = attrs.largest ? -1 : 1;
    const targets: (readonly number[])[] = [];
    forEachLine(shape, axis, (at) => targets.push(at));
    let line = 0;
    forEachLine(x.shape, axis, (at) => {
      const order = at.map((_, i) => i).sort((i, j) => sign * byValue(data, at[i], at[j]) || i - j);
      (targets[line++] ?? []).forEach((target, i) => {
        const pick = order[i] ?? 0;
        move(target, at[pick] ?? 0);
        indices[target] = pick;
      });
    });
    return [{ dtype: x.dtype, shape, data: values }, fromNumbers('i64', shape, indices)];
  },
});

function byValue(
  data: ArrayLike<number> | ArrayLike<bigint>,
  i: number | undefined,
  j: number | undefined,
): number {
  const [a, b] = [data[i ?? 0] ?? 0, data[j ?? 0] ?? 0];
  if (a === b) return 0;
  return a > b ? 1 : -1;
}
