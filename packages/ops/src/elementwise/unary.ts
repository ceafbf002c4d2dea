import type { AttrSpec, Tensor, Trait } from '@ghostc/ir';
import { fromNumbers, roundHalfToEven, toNumbers } from '@ghostc/ir';
import { float } from '../attr-spec.ts';
import { type AttrValues, defineOp } from '../define-op.ts';
import { isWide, wideElements } from '../wide-elements.ts';
import { erfOf } from './erf.ts';

type FloatAttrs = Readonly<Record<string, AttrSpec<number>>>;

/** Defines an op that applies `formula` to each element. */
function unary<const A extends FloatAttrs>(
  name: string,
  attrs: A,
  formula: (x: number, attrs: AttrValues<A>) => number,
  more: readonly Trait[] = [],
) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs,
    traits: ['elementwise', 'unary', ...more],
    infer: ({ x }) => ({ dtype: x.dtype, shape: x.shape }),
    evaluate: ({ x }, given) =>
      inBigInts(name, x) ??
      fromNumbers(
        x.dtype,
        x.shape,
        new Float64Array(toNumbers(x)).map((v) => formula(v, given)),
      ),
  });
}

/** Of 64-bit integers, which a double would round. */
const wideFormulas: Readonly<Record<string, (x: bigint) => bigint>> = {
  abs: (x) => (x < 0n ? -x : x),
  dropout: (x) => x,
  identity: (x) => x,
  neg: (x) => -x,
  relu: (x) => (x < 0n ? 0n : x),
  sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
};

function inBigInts(name: string, x: Tensor): Tensor | undefined {
  const formula = wideFormulas[name];
  if (!formula || !isWide(x)) return undefined;
  return { ...x, data: (wideElements(x) as BigInt64Array).map(formula) };
}

const clampUnit = (x: number): number => (x < 0 ? 0 : x > 1 ? 1 : x);
const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));

/** max(x, 0); NaN stays NaN. */
export const relu = unary('relu', {}, (x) => (x < 0 ? 0 : x), ['exact']);
/** min(max(x, min), max), ONNX Clip. */
export const clip = unary(
  'clip',
  { min: float(Number.NEGATIVE_INFINITY), max: float(Number.POSITIVE_INFINITY) },
  (x, { min, max }) => (x < min ? min : x > max ? max : x),
  ['exact'],
);
/** max(0, min(1, alpha*x + beta)), ONNX HardSigmoid. GhostNet's relu6(x + 3) / 6 has alpha = 1/6, beta = 1/2. */
export const hardSigmoid = unary(
  'hard_sigmoid',
  { alpha: float(0.2), beta: float(0.5) },
  (x, { alpha, beta }) => clampUnit(alpha * x + beta),
);
/** x * max(0, min(1, x/6 + 1/2)), ONNX HardSwish. */
export const hardSwish = unary('hard_swish', {}, (x) => x * clampUnit(x / 6 + 0.5));
/** 1 / (1 + e^-x). */
export const sigmoid = unary('sigmoid', {}, sigmoidOf);
/** Hyperbolic tangent. */
export const tanh = unary('tanh', {}, Math.tanh);
/** x where x >= 0, else alpha x, ONNX LeakyRelu. */
export const leakyRelu = unary('leaky_relu', { alpha: float(0.01) }, (x, { alpha }) =>
  x < 0 ? alpha * x : x,
);
/** x where x >= 0, else alpha (e^x - 1), ONNX Elu. */
export const elu = unary('elu', { alpha: float(1) }, (x, { alpha }) => (x < 0 ? alpha * Math.expm1(x) : x));
/** ln(1 + e^x), without overflow. */
export const softplus = unary('softplus', {}, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
/** x * sigmoid(x), also called swish. */
export const silu = unary('silu', {}, (x) => x * sigmoidOf(x));
/** -x. */
export const neg = unary('neg', {}, (x) => -x, ['exact']);
/** |x|. */
export const abs = unary('abs', {}, Math.abs, ['exact']);
/** The error function, ONNX Erf. */
export const erf = unary('erf', {}, erfOf);
/** -1, 0 or 1. */
export const sign = unary('sign', {}, (x) => (x > 0 ? 1 : x < 0 ? -1 : x), ['exact']);
/** e^x. */
export const exp = unary('exp', {}, Math.exp);
/** Natural logarithm; NaN below 0. */
export const log = unary('log', {}, Math.log);
/** Square root; NaN below 0. */
export const sqrt = unary('sqrt', {}, Math.sqrt);
/** 1 / x. */
export const reciprocal = unary('reciprocal', {}, (x) => 1 / x);
/** The largest integer that is not above x. */
export const floor = unary('floor', {}, Math.floor, ['exact']);
/** The smallest integer that is not below x. */
export const ceil = unary('ceil', {}, Math.ceil, ['exact']);
/** Nearest integer, ties to even; -0 of what is between -1/2 and 0. */
export const round = unary('round', {}, (x) => roundHalfToEven(x) || 0 * x, ['exact']);
/** x as it is, of any type. */
export const identity = defineOp({
  name: 'identity',
  inputs: ['x'],
  attrs: {},
  traits: ['elementwise', 'unary', 'exact'],
  infer: ({ x }) => x,
  evaluate: ({ x }) => x,
});
/** alpha*x for x < 0 and so on belong to their own ops; this is x itself at inference, ONNX Dropout. */
export const dropout = unary('dropout', { ratio: float(0.5) }, (x) => x, ['exact']);
