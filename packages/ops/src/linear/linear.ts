import {
  allocate,
  broadcastShapes,
  CompileError,
  type Dim,
  type DType,
  fromNumbers,
  itemAt,
  numElements,
  staticShape,
  type Tensor,
  type TensorType,
  toNumbers,
} from '@ghostc/ir';
import { flag, float } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { activationAfter, activationAttrs } from '../elementwise/activation.ts';
import { broadcastIndex } from '../elementwise/binary.ts';
import { lastSize, layerTerms, SUM_OVERHEAD, weightsPerOutput } from '../operand-sizes.ts';
import { isWhole, isWide, wideElements } from '../wide-elements.ts';
import { checkBias } from '../window/conv2d.ts';
import { addDotProducts, inDoubles } from './dot-products.ts';

/** y = act(x * weight^T + bias): x [N,K], weight [M,K], bias [M]; TFLite FULLY_CONNECTED. */
export const fullyConnected = defineOp({
  name: 'fully_connected',
  inputs: ['x', 'weight', 'bias?'],
  attrs: activationAttrs,
  traits: ['reduction'],
  computed: 'kernel',
  integerForm: { kind: 'weighted', op: 'qlinear_fully_connected' },
  onIntegers: 'wide',
  error: { kind: 'sum', terms: layerTerms },
  ulp: (node) => 2 * weightsPerOutput(node) + 3,
  storage: 'own',
  rows: 'none',
  channels: 'weights',
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x, weight, bias }) {
    const [n, k] = matrix(x, 'x');
    const [m, inner] = matrix(weight, 'weight');
    if (k !== inner)
      throw new CompileError('fully_connected/infer', `weight expects ${inner} features, x has ${k}`);
    checkBias(bias, m);
    return { dtype: x.dtype, shape: [n, m] };
  },
  evaluate({ x, weight, bias }, attrs, [type]) {
    const [n = 0, m = 0] = staticShape(type.shape);
    const act = activationAfter(attrs, x.dtype);
    const biases = bias && toNumbers(bias);
    const sums = product({
      a: toNumbers(x),
      b: toNumbers(weight),
      rows: n,
      inner: x.shape[1] ?? 0,
      columns: m,
      transposedB: true,
      dtype: x.dtype,
    });
    return fromNumbers(
      x.dtype,
      [n, m],
      sums.map((sum, i) => act(sum + Number(biases?.[i % m] ?? 0))),
    );
  },
  macs: ({ x, weight }) => Number(x.shape[0]) * Number(weight.shape[0]) * Number(weight.shape[1]),
});

/** y = alpha * op(a) * op(b) + beta * c, where op transposes if requested; ONNX Gemm. */
export const gemm = defineOp({
  name: 'gemm',
  inputs: ['a', 'b', 'c?'],
  attrs: { alpha: float(1), beta: float(1), trans_a: flag(false), trans_b: flag(false) },
  traits: ['reduction'],
  computed: 'composite',
  integerForm: { kind: 'none' },
  onIntegers: 'wide',
  error: {
    kind: 'sum',
    terms: ({ attrs, inputs }) => Number(inputs[0]?.type.shape[attrs.trans_a ? 0 : 1] ?? 1) + SUM_OVERHEAD,
  },
  ulp: (node) => 2 * lastSize(node) + 3,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ a, b }, attrs) {
    const [m, k] = attrs.trans_a ? turned(matrix(a, 'a')) : matrix(a, 'a');
    const [inner, n] = attrs.trans_b ? turned(matrix(b, 'b')) : matrix(b, 'b');
    if (k !== inner) throw new CompileError('gemm/infer', `a has ${k} columns, b has ${inner} rows`);
    return { dtype: a.dtype, shape: [m, n] };
  },
  evaluate({ a, b, c }, attrs, [type]) {
    const [m = 0, n = 0] = staticShape(type.shape);
    const left = attrs.trans_a ? transposed(a) : toNumbers(a);
    const inner = a.shape[attrs.trans_a ? 0 : 1] ?? 0;
    const sums = product({
      a: left,
      b: toNumbers(b),
      rows: m,
      inner,
      columns: n,
      transposedB: attrs.trans_b,
      dtype: a.dtype,
    });
    const addend = c && toNumbers(c);
    const index = c ? broadcastIndex(c.shape, [m, n]) : () => 0;
    return fromNumbers(
      a.dtype,
      [m, n],
      sums.map((sum, i) => attrs.alpha * sum + attrs.beta * Number(addend?.[index(i)] ?? 0)),
    );
  },
  macs: ({ a }, attrs, [type]) =>
    Number(type.shape[0]) * Number(type.shape[1]) * Number(a.shape[attrs.trans_a ? 0 : 1]),
});

/** Matrix product of the last two axes, the others broadcast; ONNX MatMul for rank >= 2. */
export const matmul = defineOp({
  name: 'matmul',
  inputs: ['a', 'b'],
  attrs: {},
  traits: ['reduction'],
  computed: 'kernel',
  integerForm: { kind: 'requantized', op: 'qlinear_matmul' },
  onIntegers: 'wide',
  error: { kind: 'sum', terms: (node) => lastSize(node) + SUM_OVERHEAD },
  ulp: (node) => 2 * lastSize(node),
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ a, b }) {
    if (a.shape.length < 2 || b.shape.length < 2)
      throw new CompileError('matmul/infer', 'matmul expects rank 2 or more');
    const k = a.shape.at(-1);
    if (k !== b.shape.at(-2))
      throw new CompileError('matmul/infer', `a has ${k} columns, b has ${b.shape.at(-2)} rows`);
    return {
      dtype: a.dtype,
      shape: [
        ...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)),
        itemAt(a.shape, -2),
        itemAt(b.shape, -1),
      ],
    };
  },
  evaluate({ a, b }, _attrs, [type]) {
    const shape = staticShape(type.shape);
    const [x, y] = [wideElements(a), wideElements(b)] as [Float64Array, Float64Array];
    const out = matrixProducts(
      { data: x, shape: a.shape },
      { data: y, shape: b.shape },
      { shape, dtype: a.dtype },
    );
    return isWide(a) ? { dtype: a.dtype, shape, data: out } : fromNumbers(a.dtype, shape, out);
  },
  macs: ({ a }, _attrs, [type]) =>
    Number(a.shape.at(-1)) * (type.shape ?? []).reduce<number>((p, dim) => p * Number(dim), 1),
});

interface Matrices {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** Sums of products over the last axis of `a` and the last but one of `b`, in `shape`; integers of `dtype` wrap. */
export function matrixProducts(
  a: Matrices,
  b: Matrices,
  { shape, dtype }: { shape: readonly number[]; dtype: DType },
): Float64Array {
  const [rows = 0, columns = 0] = shape.slice(-2);
  const inner = a.shape.at(-1) ?? 0;
  const outer = shape.slice(0, -2);
  const count = numElements(outer);
  const [pickA, pickB] = [
    broadcastIndex(a.shape.slice(0, -2), outer),
    broadcastIndex(b.shape.slice(0, -2), outer),
  ];
  const out = zeroSums(dtype, count * rows * columns);
  for (let i = 0; i < count; i++) {
    const left = a.data.slice(pickA(i) * rows * inner, (pickA(i) + 1) * rows * inner);
    const right = b.data.slice(pickB(i) * inner * columns, (pickB(i) + 1) * inner * columns);
    out.set(
      product({ a: left, b: right, rows, inner, columns, transposedB: false, dtype }),
      i * rows * columns,
    );
  }
  return out;
}

interface Product {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposedB: boolean;
  readonly dtype: DType;
}

/** a [rows,inner] times b [inner,columns], or [columns,inner] if transposed. */
function product(factors: Product): Float64Array {
  if (isWhole(factors.dtype)) return wrappedProduct(factors);
  const { a, b, rows, inner, columns, transposedB } = factors;
  const sums = new Float64Array(rows * columns);
  const right = transposedB ? inDoubles(b) : turnedRows(b, inner, columns);
  addDotProducts(sums, {
    left: inDoubles(a),
    right,
    rows,
    columns,
    length: inner,
    first: 0,
    stride: columns,
  });
  return sums;
}

/** data [rows,columns] as [columns,rows]. */
function turnedRows(data: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j] ?? 0;
  return out;
}

/** As `product`, for integers of 32 and 64 bits, whose products would lose their low bits as doubles. */
function wrappedProduct({ a, b, rows, inner, columns, transposedB, dtype }: Product): Float64Array {
  const out = zeroSums(dtype, rows * columns);
  const times = /64$/.test(dtype) ? (p: number, q: number) => p * q : Math.imul;
  const [stepK, stepJ] = transposedB ? [1, inner] : [columns, 1];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      let sum = out[i * columns + j] ?? 0;
      for (let k = 0; k < inner; k++) sum += times(a[i * inner + k] ?? 0, b[k * stepK + j * stepJ] ?? 0);
      out[i * columns + j] = sum;
    }
  return out;
}

/** For 64-bit integers both factors are bigints, and sums wrap when stored. */
function zeroSums(dtype: DType, count: number): Float64Array {
  return /^[iu]64$/.test(dtype) ? (allocate(dtype, count) as Float64Array) : new Float64Array(count);
}

function transposed(x: Tensor): Float64Array {
  const [rows = 0, columns = 0] = x.shape;
  const data = toNumbers(x);
  return Float64Array.from({ length: rows * columns }, (_, i) =>
    Number(data[(i % rows) * columns + Math.floor(i / rows)]),
  );
}

function matrix(type: TensorType, what: string): readonly [Dim, Dim] {
  const [rows, columns, ...more] = type.shape;
  if (rows !== undefined && columns !== undefined && !more.length) return [rows, columns];
  throw new CompileError('op/rank', `${what} expects rank 2, found [${type.shape.join(',')}]`);
}

function turned([rows, columns]: readonly [Dim, Dim]): readonly [Dim, Dim] {
  return [columns, rows];
}
