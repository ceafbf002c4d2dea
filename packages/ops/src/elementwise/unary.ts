import { roundHalfToEven } from '@ghostc/ir';
import { float } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { activationFunctions } from './activation-functions.ts';
import {
  accurateTo,
  afterLayer,
  few,
  none,
  ofPositives,
  ownCases,
  passed,
  saturating,
  stepped,
  table,
  unary,
} from './define-unary.ts';
import { erfOf } from './erf.ts';

const same = (x: bigint): bigint => x;

/** -x. */
export const neg = unary({
  name: 'neg',
  attrs: {},
  traits: ['exact'],
  formula: (x) => -x,
  wide: (x) => -x,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'narrow',
  error: passed,
  ulp: 0,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
});

/** |x|. */
export const abs = unary({
  name: 'abs',
  attrs: {},
  traits: ['exact'],
  formula: Math.abs,
  wide: (x) => (x < 0n ? -x : x),
  computed: 'unary',
  integerForm: table,
  onIntegers: 'narrow',
  error: passed,
  ulp: 0,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
});

/** The error function, ONNX Erf. */
export const erf = unary({
  name: 'erf',
  attrs: {},
  traits: [],
  formula: erfOf,
  wide: null,
  computed: 'general',
  integerForm: none,
  onIntegers: 'none',
  error: saturating,
  ulp: null,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
});

/** -1, 0 or 1. */
export const sign = unary({
  name: 'sign',
  attrs: {},
  traits: ['exact'],
  formula: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  wide: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  computed: 'general',
  integerForm: none,
  onIntegers: 'narrow',
  error: stepped,
  ulp: 0,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
});

/** e^x. */
export const exp = unary({
  name: 'exp',
  attrs: {},
  traits: [],
  formula: Math.exp,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: accurateTo((x) => 8 + 4 * Math.abs(x)),
  ulp: 32,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
});

/** Natural logarithm; NaN below 0. */
export const log = unary({
  name: 'log',
  attrs: {},
  traits: [],
  formula: Math.log,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: accurateTo(
    () => 8,
    (x) => (x >= 0.5 && x <= 2 ? 2 : 0),
  ),
  ulp: 10,
  epilogue: none,
  factor: 'stopped',
  random: ofPositives,
});

/** Square root; NaN below 0. */
export const sqrt = unary({
  name: 'sqrt',
  attrs: {},
  traits: [],
  formula: Math.sqrt,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: accurateTo(() => 8),
  ulp: 1,
  epilogue: none,
  factor: 'stopped',
  random: ofPositives,
});

/** 1 / x. */
export const reciprocal = unary({
  name: 'reciprocal',
  attrs: {},
  traits: [],
  formula: (x) => 1 / x,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: accurateTo(() => 5),
  ulp: 2,
  epilogue: none,
  factor: 'stopped',
  random: ofPositives,
});

/** The largest integer not above x. */
export const floor = unary({
  name: 'floor',
  attrs: {},
  traits: ['exact'],
  formula: Math.floor,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: stepped,
  ulp: 0,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
});

/** The smallest integer not below x. */
export const ceil = unary({
  name: 'ceil',
  attrs: {},
  traits: ['exact'],
  formula: Math.ceil,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: stepped,
  ulp: 0,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
});

/** Nearest integer, ties to even; -0 for values between -1/2 and 0. */
export const round = unary({
  name: 'round',
  attrs: {},
  traits: ['exact'],
  formula: (x) => roundHalfToEven(x) || 0 * x,
  wide: null,
  computed: 'unary',
  integerForm: table,
  onIntegers: 'none',
  error: stepped,
  ulp: 0,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
});

/**
 * A float32 engine first reduces x to a quarter turn, which loses bits if x is many turns away. Beyond 2^15
 * the result only has to be within the function's range, 2^23 units of 2^-22.
 */
const turns = {
  kind: 'steep',
  accuracy: {
    relative: few,
    absolute: (x: number): number => (Math.abs(x) <= 2 ** 15 ? 2 + Math.abs(x) / 512 : 2 ** 23),
  },
} as const;

/** Facts common to the three functions of an angle, or of a tangent. */
const angle = {
  attrs: {},
  traits: [],
  wide: null,
  computed: 'general',
  integerForm: none,
  onIntegers: 'none',
  ulp: null,
  epilogue: none,
  factor: 'stopped',
  random: ownCases,
} as const;

/** The sine of x in radians. */
export const sin = unary({ ...angle, name: 'sin', formula: Math.sin, error: turns });

/** The cosine of x in radians. */
export const cos = unary({ ...angle, name: 'cos', formula: Math.cos, error: turns });

/** The angle between -pi/2 and pi/2 whose tangent is x. */
export const atan = unary({ ...angle, name: 'atan', formula: Math.atan, error: accurateTo(few) });

/** x itself at inference, ONNX Dropout. */
export const dropout = unary({
  name: 'dropout',
  attrs: { ratio: float(0.5) },
  traits: ['exact'],
  formula: (x) => x,
  wide: same,
  computed: 'composite',
  integerForm: none,
  onIntegers: 'moved',
  error: passed,
  ulp: 0,
  epilogue: none,
  factor: 'stopped',
  random: afterLayer,
});

/** x unchanged, of any type. */
export const identity = defineOp({
  name: 'identity',
  inputs: ['x'],
  attrs: {},
  traits: ['elementwise', 'unary', 'exact'],
  computed: 'composite',
  integerForm: none,
  onIntegers: 'moved',
  error: passed,
  ulp: 0,
  storage: 'in-place',
  rows: 'same',
  channels: 'same',
  epilogue: none,
  factor: 'stopped',
  nan: 'kept',
  random: afterLayer,
  infer: ({ x }) => x,
  evaluate: ({ x }) => x,
});

/** Every function of one operand. */
export const unaryOps = [
  ...activationFunctions,
  abs,
  atan,
  ceil,
  cos,
  exp,
  floor,
  log,
  neg,
  reciprocal,
  round,
  sin,
  sqrt,
  erf,
  sign,
  dropout,
  identity,
] as const;
