import type { LoweredUnaryOp } from '@ghostc/ops';
import type { Lane } from '../kernel.ts';
import { isNan } from './is-nan.ts';

/** A function of one number in WGSL, `fn apply(x)`. */
export interface ElementFunction {
  /** Distinguishes functions with different text. */
  readonly key: string;
  readonly text: string;
  /** Values of the constants that the text uses. */
  readonly floats: Readonly<Record<string, number>>;
}

type Formula = (T: Lane) => string;

const unit =
  (e: string): Formula =>
  (T) =>
    `let y = ${e};
return select(select(y, ${T}(1.0), y > ${T}(1.0)), ${T}(0.0), y < ${T}(0.0));`;

/** 1 / (1 + exp(-x)) with exp of negative numbers only, which cannot overflow. */
const sigmoid: Formula = (T) => `let e = exp(-abs(x));
let d = 1.0 / (1.0 + e);
return select(e * d, d, x >= ${T}(0.0));`;

/**
 * Bodies of `apply`, T its type; P0 and P1 are parameters. Comparisons are false for NaN, so that NaN passes through.
 * Functions that cancel near 0 switch to a series or a continued fraction there.
 */
const formulas = {
  none: () => 'return x;',
  abs: () => 'return abs(x);',
  ceil: () => 'return ceil(x);',
  clip: (T) => `return select(select(x, ${T}(P1), x > ${T}(P1)), ${T}(P0), x < ${T}(P0));`,
  clip_below: (T) => `return select(x, ${T}(P0), x < ${T}(P0));`,
  clip_above: (T) => `return select(x, ${T}(P0), x > ${T}(P0));`,
  // expm1(x) = x(1 + x/2(1 + x/3(...))) on [-0.35, 0]: error below 2e-8
  elu: (T) => `let z = clamp(x, ${T}(-0.35), ${T}(0.0));
let near = z * (1.0 + z / 2.0 * (1.0 + z / 3.0 * (1.0 + z / 4.0 * (1.0 + z / 5.0 * (1.0 + z / 6.0 * (1.0 + z / 7.0))))));
let far = exp(min(x, ${T}(0.0))) - 1.0;
return select(x, P0 * select(far, near, x > ${T}(-0.35)), x < ${T}(0.0));`,
  // WGSL leaves exp of NaN open: SwiftShader gives infinity
  exp: (T) => `return select(exp(x), x, ${isNan(T, 'x')});`,
  floor: () => 'return floor(x);',
  hard_sigmoid: unit('P0 * x + P1'),
  hard_swish: (T) => `let y = x / 6.0 + 0.5;
return x * select(select(y, ${T}(1.0), y > ${T}(1.0)), ${T}(0.0), y < ${T}(0.0));`,
  leaky_relu: (T) => `return select(x, P0 * x, x < ${T}(0.0));`,
  // WGSL leaves log of 0, of negative numbers and of NaN open: SwiftShader gives numbers
  log: (T) => `return select(select(log(x), sqrt(x), !(x >= ${T}(0.0))), -1.0 / abs(x), x == ${T}(0.0));`,
  neg: () => 'return -x;',
  reciprocal: () => 'return 1.0 / x;',
  relu: (T) => `return select(x, ${T}(0.0), x < ${T}(0.0));`,
  // ties to even, as WGSL defines it
  round: () => 'return round(x);',
  sigmoid,
  silu: (T) => sigmoid(T).replace('return ', 'return x * '),
  // max(x, 0) + log1p(e), log1p(e) = 2 atanh(s), s = e / (2 + e) <= 1/3: error below 1e-8
  softplus: (T) => `let e = exp(-abs(x));
let s = e / (2.0 + e);
let q = s * s;
let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
return select(x, ${T}(0.0), x < ${T}(0.0)) + 2.0 * s * series;`,
  sqrt: () => 'return sqrt(x);',
  // Lambert's continued fraction below 0.6, (1 - e) / (1 + e) with e = exp(-2|x|) above
  tanh: (T) => `let q = min(x * x, ${T}(1.0));
let near = x / (1.0 + q / (3.0 + q / (5.0 + q / (7.0 + q / 9.0))));
let e = exp(-2.0 * abs(x));
let far = (1.0 - e) / (1.0 + e);
return select(select(far, -far, x < ${T}(0.0)), near, abs(x) < ${T}(0.6));`,
} satisfies { readonly [K in LoweredUnaryOp | 'none' | 'clip_below' | 'clip_above']: Formula };

export type FunctionName = LoweredUnaryOp | 'none';

const largest = 3.4028234663852886e38;

/** `fn apply(x: T) -> T`. Parameters: clip [min, max]; hard_sigmoid [alpha, beta]; leaky_relu, elu [alpha]. */
export function elementFunction(
  name: FunctionName,
  T: Lane,
  params: readonly number[] = [],
): ElementFunction {
  const { key, values } = name === 'clip' ? clipVariant(params) : { key: name, values: params };
  return {
    key,
    text: `fn apply(x: ${T}) -> ${T} {\n${formulas[key](T)}\n}`,
    floats: Object.fromEntries(values.map((value, i) => [`P${i}`, asFloat(value)])),
  };
}

/** WGSL has no infinite constants: an absent bound is absent from the code. */
function clipVariant([min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY]: readonly number[]): {
  key: keyof typeof formulas;
  values: readonly number[];
} {
  const [below, above] = [min >= -largest, max <= largest];
  if (below && above) return { key: 'clip', values: [min, max] };
  if (below) return { key: 'clip_below', values: [min] };
  return above ? { key: 'clip_above', values: [max] } : { key: 'none', values: [] };
}

/** The nearest float32 that is finite. */
function asFloat(value: number): number {
  return Math.min(Math.max(Math.fround(value), -largest), largest);
}
