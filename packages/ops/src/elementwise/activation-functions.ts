import { float } from '../attr-spec.ts';
import {
  accurateTo,
  afterLayer,
  clamped,
  exact,
  few,
  ownCases,
  plain,
  saturating,
  table,
  unary,
  unit,
} from './define-unary.ts';
import { erfOf } from './erf.ts';

const clampUnit = (x: number): number => (x < 0 ? 0 : x > 1 ? 1 : x);
const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));

/** An activation with the parameter alpha. */
const withAlpha = (slope: (alpha: number) => number) =>
  ({
    kind: 'activation',
    params: ['alpha'],
    slope: (alpha = 1) => slope(alpha),
    exact: false,
    usual: [[1]],
  }) as const;

/** max(x, 0); NaN stays NaN. */
export const relu = unary({
  name: 'relu',
  attrs: {},
  traits: ['exact'],
  formula: (x) => (x < 0 ? 0 : x),
  wide: (x) => (x < 0n ? 0n : x),
  computed: 'unary',
  integerForm: clamped,
  onIntegers: 'narrow',
  error: exact,
  ulp: 0,
  epilogue: { ...plain(1), exact: true },
  factor: 'passed',
  random: afterLayer,
});

/** min(max(x, min), max), ONNX Clip. */
export const clip = unary({
  name: 'clip',
  attrs: { min: float(Number.NEGATIVE_INFINITY), max: float(Number.POSITIVE_INFINITY) },
  traits: ['exact'],
  formula: (x, { min, max }) => (x < min ? min : x > max ? max : x),
  wide: null,
  computed: 'unary',
  integerForm: clamped,
  onIntegers: 'narrow',
  error: exact,
  ulp: 0,
  epilogue: { kind: 'activation', params: ['min', 'max'], slope: () => 1, exact: true, usual: [[0, 6]] },
  factor: 'stopped',
  random: { ...afterLayer, attrs: { min: -0.25, max: 0.5 } },
});

/** max(0, min(1, alpha*x + beta)), ONNX HardSigmoid. GhostNet's relu6(x + 3) / 6 has alpha = 1/6, beta = 1/2. */
export const hardSigmoid = unary({
  name: 'hard_sigmoid',
  attrs: { alpha: float(0.2), beta: float(0.5) },
  traits: [],
  formula: (x, { alpha, beta }) => clampUnit(alpha * x + beta),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: accurateTo(() => 4, unit),
  ulp: 2,
  epilogue: {
    kind: 'activation',
    params: ['alpha', 'beta'],
    slope: (alpha = 1) => Math.abs(alpha),
    exact: false,
    usual: [
      [1 / 6, 0.5],
      [0.2, 0.5],
    ],
  },
  factor: 'stopped',
  random: { ...ownCases, attrs: { alpha: 0.25, beta: 0.375 } },
});

/** x * max(0, min(1, x/6 + 1/2)), ONNX HardSwish. */
export const hardSwish = unary({
  name: 'hard_swish',
  attrs: {},
  traits: [],
  formula: (x) => x * clampUnit(x / 6 + 0.5),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: {
    kind: 'steep',
    // x (x/6 + 1/2): the second factor is near 0 after both terms are rounded
    accuracy: { relative: () => 8, absolute: Math.abs },
  },
  ulp: 4,
  epilogue: plain(1.5),
  factor: 'stopped',
  random: afterLayer,
});

/** 1 / (1 + e^-x). */
export const sigmoid = unary({
  name: 'sigmoid',
  attrs: {},
  traits: [],
  formula: sigmoidOf,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: saturating,
  ulp: 34,
  epilogue: plain(0.25),
  factor: 'stopped',
  random: afterLayer,
});

/** Hyperbolic tangent. */
export const tanh = unary({
  name: 'tanh',
  attrs: {},
  traits: [],
  formula: Math.tanh,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: saturating,
  ulp: 16,
  epilogue: plain(1),
  factor: 'stopped',
  random: afterLayer,
});

/** x where x >= 0, else alpha x, ONNX LeakyRelu. */
export const leakyRelu = unary({
  name: 'leaky_relu',
  attrs: { alpha: float(0.01) },
  traits: [],
  formula: (x, { alpha }) => (x < 0 ? alpha * x : x),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: accurateTo(() => 2),
  ulp: 1,
  epilogue: {
    kind: 'activation',
    params: ['alpha'],
    slope: (alpha = 1) => Math.max(Math.abs(alpha), 1),
    exact: false,
    usual: [[0.01], [0.1], [0.2], [0.3]],
  },
  factor: 'stopped',
  random: { ...afterLayer, attrs: { alpha: 0.125 } },
});

/** x where x >= 0, else alpha (e^x - 1), ONNX Elu. */
export const elu = unary({
  name: 'elu',
  attrs: { alpha: float(1) },
  traits: [],
  formula: (x, { alpha }) => (x < 0 ? alpha * Math.expm1(x) : x),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: saturating,
  ulp: 18,
  epilogue: withAlpha((alpha) => Math.max(Math.abs(alpha), 1)),
  factor: 'stopped',
  random: { ...ownCases, attrs: { alpha: 1.5 } },
});

/** ln(1 + e^x), without overflow. */
export const softplus = unary({
  name: 'softplus',
  attrs: {},
  traits: [],
  formula: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: saturating,
  ulp: 18,
  epilogue: plain(1),
  factor: 'stopped',
  random: ownCases,
});

/** x * sigmoid(x), also called swish. */
export const silu = unary({
  name: 'silu',
  attrs: {},
  traits: [],
  formula: (x) => x * sigmoidOf(x),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: { kind: 'steep', accuracy: { relative: few, absolute: Math.abs } },
  ulp: null,
  epilogue: plain(1.1),
  factor: 'stopped',
  random: afterLayer,
});

/** x where x >= 0, else alpha (e^(x / alpha) - 1), ONNX Celu. */
export const celu = unary({
  name: 'celu',
  attrs: { alpha: float(1) },
  traits: [],
  formula: (x, { alpha }) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: saturating,
  ulp: null,
  epilogue: withAlpha(() => 1),
  factor: 'stopped',
  random: { ...afterLayer, attrs: { alpha: 1.5 } },
});

/** x tanh(ln(1 + e^x)), ONNX Mish: with e = e^-|x| a quotient of polynomials in e, without overflow. */
export const mish = unary({
  name: 'mish',
  attrs: {},
  traits: [],
  formula: mishOf,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: { kind: 'steep', accuracy: { relative: few, absolute: Math.abs } },
  ulp: null,
  epilogue: plain(1.1),
  factor: 'stopped',
  random: afterLayer,
});

function mishOf(x: number): number {
  const e = Math.exp(-Math.abs(x));
  const [above, below] = [1 + 2 * e, e * e + 2 * e];
  return x < 0 ? (x * below) / (below + 2) : (x * above) / (above + 2 * e * e);
}

/** x/2 (1 + erf(x / sqrt 2)), ONNX Gelu: the share of a normal distribution below x, times x. */
export const gelu = unary({
  name: 'gelu',
  attrs: {},
  traits: [],
  formula: (x) => (x / 2) * (1 + erfOf(x * Math.SQRT1_2)),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: { kind: 'steep', accuracy: { relative: few, absolute: Math.abs } },
  ulp: null,
  epilogue: plain(1.13),
  factor: 'stopped',
  random: afterLayer,
});

/** x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), ONNX Gelu with approximate="tanh": x sigmoid(2 sqrt(2/pi) (...)). */
export const geluTanh = unary({
  name: 'gelu_tanh',
  attrs: {},
  traits: [],
  formula: (x) => x * sigmoidOf(Math.sqrt(8 / Math.PI) * (x + 0.044715 * x ** 3)),
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: { kind: 'steep', accuracy: { relative: few, absolute: Math.abs } },
  ulp: null,
  epilogue: plain(1.13),
  factor: 'stopped',
  random: afterLayer,
});

/** In the order of the registry. */
export const activationFunctions = [
  elu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  relu,
  sigmoid,
  silu,
  softplus,
  tanh,
  clip,
  celu,
  mish,
  gelu,
  geluTanh,
] as const;
