import { fromNumbers, numElements, staticShape, stridesOf, type Tensor, toNumbers } from '@ghostc/ir';
import { flag, int, ints } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { forEachIndex, normalAxis } from '../movement/movement.ts';
import type { Computed, OpFacts } from '../op-facts.ts';
import { elementsPerOutput, lastSize, reducedTerms } from '../operand-sizes.ts';
import { isWhole, wrapped } from '../wide-elements.ts';

/** What distinguishes one reduction from another. */
interface ReductionSpec<N extends string, C extends Computed>
  extends Pick<OpFacts, 'onIntegers' | 'error' | 'ulp' | 'random'> {
  readonly name: N;
  readonly computed: C;
  readonly formula: (values: Float64Array) => number;
  /** For integers of 32 and 64 bits, if a double would round away bits that wrapping keeps; otherwise null. */
  readonly whole: ((values: bigint[]) => bigint) | null;
}

/** Defines a reduction over `axes` (all when empty); `keepdims` leaves them as 1. */
function reduction<const N extends string, const C extends Computed>({
  formula,
  whole,
  ...spec
}: ReductionSpec<N, C>) {
  return defineOp({
    ...spec,
    inputs: ['x'],
    attrs: { axes: ints([]), keepdims: flag(true) },
    traits: ['reduction'],
    integerForm: { kind: 'none' },
    storage: 'own',
    rows: 'none',
    channels: 'none',
    epilogue: { kind: 'none' },
    factor: 'stopped',
    nan: 'kept',
    infer({ x }, { axes, keepdims }) {
      const reduced = reducedAxes(axes, x.shape.length);
      const shape = x.shape.flatMap((dim, axis) => (reduced.has(axis) ? (keepdims ? [1] : []) : [dim]));
      return { dtype: x.dtype, shape };
    },
    evaluate({ x }, { axes }, [type]) {
      const groups = groupsOf(x.shape, reducedAxes(axes, x.shape.length));
      const shape = staticShape(type.shape);
      if (whole && isWhole(x.dtype)) return reducedWhole(x, shape, { groups, whole });
      const data = toNumbers(x);
      const results = groups.map((group) => formula(gathered(data, group)));
      return fromNumbers(x.dtype, shape, results);
    },
  });
}

/** The elements of x that each result reads: parts of one array. */
function groupsOf(shape: readonly number[], reduced: ReadonlySet<number>): Uint32Array[] {
  const kept = shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
  const strides = stridesOf(kept).map((stride, axis) => (reduced.has(axis) ? 0 : stride));
  const count = numElements(kept);
  const size = count ? numElements(shape) / count : 0;
  const order = new Uint32Array(count * size);
  const filled = new Uint32Array(count);
  forEachIndex(shape, (at, index) => {
    let group = 0;
    for (let axis = 0; axis < index.length; axis++) group += (index[axis] ?? 0) * (strides[axis] ?? 0);
    const place = filled[group] ?? 0;
    order[group * size + place] = at;
    filled[group] = place + 1;
  });
  return Array.from({ length: count }, (_, i) => order.subarray(i * size, (i + 1) * size));
}

function gathered(data: ArrayLike<number>, places: Uint32Array): Float64Array {
  const values = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) values[i] = data[places[i] ?? 0] ?? 0;
  return values;
}

interface Groups {
  readonly groups: readonly Uint32Array[];
  readonly whole: (values: bigint[]) => bigint;
}

function reducedWhole(x: Tensor, shape: readonly number[], { groups, whole }: Groups): Tensor {
  const results = groups.map((group) => whole(Array.from(group, (at) => BigInt(x.data[at] ?? 0))));
  return { dtype: x.dtype, shape: [...shape], data: wrapped(x.dtype, results) };
}

function reducedAxes(axes: readonly number[], rank: number): ReadonlySet<number> {
  return new Set(
    axes.length
      ? axes.map((axis) => normalAxis(axis, rank))
      : Array.from({ length: rank }, (_, axis) => axis),
  );
}

const sum = (values: Float64Array): number => values.reduce((total, v) => total + v, 0);
const wholeSum = (values: bigint[]): bigint => values.reduce((total, v) => total + v, 0n);
const wholeProduct = (values: bigint[]): bigint => values.reduce((product, v) => product * v, 1n);

const overAxes = { place: 'axes', domain: 'any', attrs: {} } as const;

/** Mean over `axes`, ONNX ReduceMean. */
export const reduceMean = reduction({
  name: 'reduce_mean',
  computed: 'kernel',
  formula: (values) => sum(values) / values.length,
  whole: null,
  onIntegers: 'wide',
  error: { kind: 'sum', terms: reducedTerms },
  ulp: (node) => elementsPerOutput(node) + 2,
  random: overAxes,
});
/** Sum over `axes`, ONNX ReduceSum. */
export const reduceSum = reduction({
  name: 'reduce_sum',
  computed: 'kernel',
  formula: sum,
  whole: wholeSum,
  onIntegers: 'wide',
  error: { kind: 'sum', terms: reducedTerms },
  ulp: elementsPerOutput,
  random: overAxes,
});
/** Product over `axes`, ONNX ReduceProd. */
export const reduceProd = reduction({
  name: 'reduce_prod',
  computed: 'general',
  formula: (values) => values.reduce((product, v) => product * v, 1),
  whole: wholeProduct,
  onIntegers: 'wide',
  error: { kind: 'sum', terms: reducedTerms },
  ulp: elementsPerOutput,
  random: { place: 'none', domain: 'any', attrs: {} },
});
/** Largest element over `axes`; NaN where one is NaN. ONNX ReduceMax. */
export const reduceMax = reduction({
  name: 'reduce_max',
  computed: 'kernel',
  formula: (values) =>
    values.reduce((best, v) => (v > best || Number.isNaN(v) ? v : best), Number.NEGATIVE_INFINITY),
  whole: null,
  onIntegers: 'narrow',
  error: { kind: 'exact' },
  ulp: 0,
  random: overAxes,
});
/** Smallest element over `axes`; NaN where one is NaN. ONNX ReduceMin. */
export const reduceMin = reduction({
  name: 'reduce_min',
  computed: 'kernel',
  formula: (values) =>
    values.reduce((best, v) => (v < best || Number.isNaN(v) ? v : best), Number.POSITIVE_INFINITY),
  whole: null,
  onIntegers: 'narrow',
  error: { kind: 'exact' },
  ulp: 0,
  random: overAxes,
});

/** exp(x - max) / sum(exp(x - max)) along `axis`. */
export const softmax = defineOp({
  name: 'softmax',
  inputs: ['x'],
  attrs: { axis: int(-1) },
  traits: ['reduction'],
  computed: 'kernel',
  integerForm: { kind: 'softmax', op: 'qlinear_softmax' },
  onIntegers: 'none',
  error: { kind: 'softmax' },
  ulp: (node) => 3 * lastSize(node) + 3,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
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
      const end = first + size * stride;
      let top = Number.NEGATIVE_INFINITY;
      for (let i = first; i < end; i += stride) top = Math.max(top, data[i] ?? 0);
      let total = 0;
      for (let i = first; i < end; i += stride) {
        out[i] = Math.exp((data[i] ?? 0) - top);
        total += out[i] ?? 0;
      }
      for (let i = first; i < end; i += stride) out[i] = (out[i] ?? 0) / total;
    }
    return fromNumbers(x.dtype, x.shape, out);
  },
});
