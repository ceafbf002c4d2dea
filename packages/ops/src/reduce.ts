import { fromNumbers, numElements, staticShape, stridesOf, type TensorType, toNumbers } from '@ghostc/ir';
import { flag, int, ints } from './attr-spec.ts';
import { defineOp } from './define-op.ts';
import { forEachIndex, normalAxis } from './movement.ts';

/** Defines a reduction over `axes` (all when empty); `keepdims` leaves them as 1. */
function reduction(name: string, formula: (values: number[]) => number) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axes: ints([]), keepdims: flag(true) },
    traits: ['reduction'],
    infer({ x }, { axes, keepdims }) {
      const reduced = reducedAxes(axes, x.shape.length);
      const shape = x.shape.flatMap((dim, axis) => (reduced.has(axis) ? (keepdims ? [1] : []) : [dim]));
      return { dtype: x.dtype, shape };
    },
    evaluate({ x }, { axes }, [type]) {
      const reduced = reducedAxes(axes, x.shape.length);
      const kept = x.shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
      const strides = stridesOf(kept).map((stride, axis) => (reduced.has(axis) ? 0 : stride));
      const groups = Array.from({ length: numElements(kept) }, (): number[] => []);
      const data = toNumbers(x);
      forEachIndex(x.shape, (at, index) => {
        const group = index.reduce((sum, i, axis) => sum + i * (strides[axis] ?? 0), 0);
        groups[group]?.push(data[at] as number);
      });
      return fromNumbers(x.dtype, staticShape((type as TensorType).shape), groups.map(formula));
    },
  });
}

function reducedAxes(axes: readonly number[], rank: number): ReadonlySet<number> {
  return new Set(
    axes.length
      ? axes.map((axis) => normalAxis(axis, rank))
      : Array.from({ length: rank }, (_, axis) => axis),
  );
}

const sum = (values: number[]): number => values.reduce((total, v) => total + v, 0);

export const reduceMean = reduction('reduce_mean', (values) => sum(values) / values.length);
export const reduceSum = reduction('reduce_sum', sum);
export const reduceProd = reduction('reduce_prod', (values) => values.reduce((product, v) => product * v, 1));
export const reduceMax = reduction('reduce_max', (values) =>
  values.reduce((best, v) => (v > best || Number.isNaN(v) ? v : best), Number.NEGATIVE_INFINITY),
);
export const reduceMin = reduction('reduce_min', (values) =>
  values.reduce((best, v) => (v < best || Number.isNaN(v) ? v : best), Number.POSITIVE_INFINITY),
);

/** exp(x - max) / sum(exp(x - max)) along `axis`. */
export const softmax = defineOp({
  name: 'softmax',
  inputs: ['x'],
  attrs: { axis: int(-1) },
  traits: ['reduction'],
  infer: ({ x }, { axis }) => {
    normalAxis(axis, x.shape.length);
    return { dtype: x.dtype, shape: x.shape };
  },
  evaluate({ x }, attrs) {
    const axis = normalAxis(attrs.axis, x.shape.length);
    const stride = stridesOf(x.shape)[axis] ?? 1;
    const size = x.shape[axis] ?? 1;
    const data = toNumbers(x);
    const out = new Float64Array(data.length);
    for (let first = 0; first < data.length; first++) {
      if (Math.floor(first / stride) % size !== 0) continue;
      const at = Array.from({ length: size }, (_, i) => first + i * stride);
      const top = at.reduce((best, i) => Math.max(best, data[i] as number), Number.NEGATIVE_INFINITY);
      const total = at.reduce((acc, i) => acc + Math.exp((data[i] as number) - top), 0);
      for (const i of at) out[i] = Math.exp((data[i] as number) - top) / total;
    }
    return fromNumbers(x.dtype, x.shape, out);
  },
});
