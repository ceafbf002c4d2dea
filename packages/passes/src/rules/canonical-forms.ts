import { fromNumbers, isFloat, type Tensor, type Value } from '@ghostc/ir';
import { normalAxis } from '@ghostc/ops';
import type { Build } from '../build.ts';
import { constantData, numbersOf, ofShared, vector } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// mean of all spatial axes of an image or a line, kept as 1   =>   global_average_pool
export const meanToGlobalAveragePool = rule({
  name: 'mean-to-global-average-pool',
  match: op('reduce_mean', any('x')).as('mean'),
  unless: ({ x, mean }) => {
    if (x.type.dtype === 'f64') return 'ONNX Runtime has no GlobalAveragePool of f64';
    const rank = x.type.shape.length;
    const axes = (mean.attrs.axes ?? []).map((axis) => normalAxis(axis, rank)).sort();
    if (axes.join() !== (rank === 3 ? '2' : '2,3') || rank > 4)
      return `it reduces the axes [${axes.join(',')}] of rank ${rank}, expected all spatial ones`;
    return mean.attrs.keepdims === false && 'it drops the axes';
  },
  rewrite: ({ x }, build) => build.node('global_average_pool', [x]),
});

// alpha a op(b) + beta c, b and c constant   =>   fully_connected(a, alpha op(b)^T, beta c)
export const gemmToFullyConnected = rule({
  name: 'gemm-to-fully-connected',
  match: op('gemm', any('a'), constant('b')).as('gemm').others(),
  unless: ({ gemm }) => {
    const c = gemm.inputs[2];
    if (!isFloat(gemm.output.type.dtype)) return 'it is of integers';
    if (gemm.attrs.trans_a === true) return 'a is transposed';
    if (c && !c.constant) return 'c is not constant';
    const columns = gemm.output.type.shape[1];
    return (
      Boolean(c) &&
      c?.constant?.data.length !== 1 &&
      (c?.type.shape.at(-1) !== columns || c?.constant?.data.length !== columns) &&
      'c is no vector of one number per column'
    );
  },
  rewrite({ a, b, gemm }, build) {
    const columns = Number(gemm.output.type.shape[1]);
    const weight = outputMajor(
      b,
      { transposed: gemm.attrs.trans_b === true, alpha: Number(gemm.attrs.alpha ?? 1) },
      build,
    );
    const c = gemm.inputs[2];
    const bias = c && biasVector(c, { columns, beta: Number(gemm.attrs.beta ?? 1) }, build);
    return build.node('fully_connected', [a, weight, bias ?? null]);
  },
});

// x w, w a constant matrix   =>   fully_connected(x, w^T)
export const matmulToFullyConnected = rule({
  name: 'matmul-to-fully-connected',
  match: op('matmul', any('x'), constant('w')),
  unless: ({ x, w }) =>
    (!isFloat(x.type.dtype) && 'it is of integers') ||
    ((x.type.shape.length !== 2 || w.type.shape.length !== 2) && 'an operand is no matrix'),
  rewrite: ({ x, w }, build) =>
    build.node('fully_connected', [x, outputMajor(w, { transposed: false, alpha: 1 }, build)]),
});

// fully_connected(x, w) + b, b constant, no bias yet   =>   fully_connected(x, w, b)
export const foldAddIntoFullyConnected = rule({
  name: 'fold-add-into-fully-connected',
  match: op('add', op('fully_connected', any('x'), any('weight')).as('linear'), constant('b'))
    .as('sum')
    .anyEpilogue(),
  unless: ({ linear, b, sum }) => {
    if (linear.inputs[2] || (linear.attrs.activation ?? 'none') !== 'none')
      return 'it has a bias or an activation';
    return (
      (b.constant?.data.length !== linear.output.type.shape[1] ||
        b.type.shape.at(-1) !== linear.output.type.shape[1] ||
        sum.output.type.shape.length !== 2) &&
      'the addend is no vector of one number per column'
    );
  },
  rewrite: ({ x, weight, b, sum, linear }, build) => {
    const bias = build.constant(
      vector(constantData(b), Number(linear.output.type.shape[1]), (i) => Number(numbersOf(b)[i])),
      b.name,
    );
    return build.node('fully_connected', [x, weight, bias], sum.attrs);
  },
});

interface Major {
  readonly transposed: boolean;
  readonly alpha: number;
}

function outputMajor(b: Value, major: Major, build: Build): Value {
  if (major.transposed && major.alpha === 1) return b;
  const key = `${major.transposed} ${major.alpha}`;
  return build.constant(
    ofShared(b, key, () => turned(b, major)),
    b.name,
  );
}

/** [K, M] to [M, K], times alpha. */
function turned(b: Value, { transposed, alpha }: Major): Tensor {
  const { dtype, shape } = constantData(b);
  const data = numbersOf(b);
  const [rows = 0, columns = 0] = shape;
  if (transposed)
    return fromNumbers(
      dtype,
      shape,
      Float64Array.from(data, (v) => alpha * v),
    );
  const values = new Float64Array(rows * columns);
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) values[column * rows + row] = alpha * Number(data[i++]);
  return fromNumbers(dtype, [columns, rows], values);
}

function biasVector(c: Value, { columns, beta }: { columns: number; beta: number }, build: Build): Value {
  const data = numbersOf(c);
  if (beta === 1 && c.type.shape.length === 1 && data.length === columns) return c;
  return build.constant(
    vector(constantData(c), columns, (i) => beta * Number(data[data.length === 1 ? 0 : i])),
    c.name,
  );
}
