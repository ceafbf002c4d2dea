import type { OpsWith } from '@ghostc/ops';
import type { Lane } from '../kernel.ts';
import { fromBits } from './from-bits.ts';
import { isNan } from './is-nan.ts';

/** Statements, and the expression that they lead to. */
export interface UnaryText {
  readonly first?: readonly string[];
  readonly value: string;
}

type UnaryFormula = (T: Lane, x: string) => UnaryText;
type BinaryFormula = (T: Lane, a: string, b: string) => string;

const of =
  (value: (x: string, T: Lane) => string): UnaryFormula =>
  (T, x) => ({ value: value(x, T) });

/** min(max(y, 0), 1) */
const unit = (T: Lane): string => `select(select(y, ${T}(1.0), y > ${T}(1.0)), ${T}(0.0), y < ${T}(0.0))`;

/** 1 / (1 + exp(-x)) with exp of negative numbers only, which cannot overflow. */
const sigmoid = (T: Lane, x: string): Required<UnaryText> => ({
  first: [`let e = exp(-abs(${x}));`, 'let d = 1.0 / (1.0 + e);'],
  value: `select(e * d, d, ${x} >= ${T}(0.0))`,
});

/** expm1(z) = z(1 + z/2(1 + z/3(...))) for |z| <= 0.35: error below 2e-8. */
const near =
  'let near = z * (1.0 + z / 2.0 * (1.0 + z / 3.0 * (1.0 + z / 4.0 * (1.0 + z / 5.0 * (1.0 + z / 6.0 * (1.0 + z / 7.0))))));';

/** erf(s) / s for q = s^2 <= 1/4: 2/sqrt(pi) (1 - q/3 + q^2/10 - ...). */
const erfSeries =
  '1.1283791670955126 * (1.0 - q * (1.0 / 3.0 - q * (1.0 / 10.0 - q * (1.0 / 42.0 - q * (1.0 / 216.0 - q / 1320.0)))))';
/** erfc(a) exp(a^2) of t = 1 / (1 + 0.3275911 a), Abramowitz and Stegun 7.1.26: error below 2e-7. */
const erfTail =
  't * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))';

const truth = (condition: string): string => `select(0.0, 1.0, ${condition})`;

/**
 * Every unary op as a formula of `x`, of type T; P0 and P1 are parameters. Comparisons are false for NaN, so that NaN passes
 * through. Functions that cancel near 0 switch to a series or a continued fraction there.
 */
export const unaryFormulas = {
  none: of((x) => x),
  abs: of((x) => `abs(${x})`),
  /** Needs the function `angle_of`. */
  atan: of((x) => `angle_of(${x})`),
  ceil: of((x) => `ceil(${x})`),
  // alpha expm1(x / alpha), as elu
  celu: (T, x) => ({
    first: [
      `let s = ${x} / P0;`,
      `let z = clamp(s, ${T}(-0.35), ${T}(0.35));`,
      near,
      `let far = exp(s) - 1.0;`,
    ],
    value: `select(${x}, P0 * select(far, near, abs(s) < ${T}(0.35)), ${x} < ${T}(0.0))`,
  }),
  clip: of((x, T) => `select(select(${x}, ${T}(P1), ${x} > ${T}(P1)), ${T}(P0), ${x} < ${T}(P0))`),
  clip_below: of((x, T) => `select(${x}, ${T}(P0), ${x} < ${T}(P0))`),
  clip_above: of((x, T) => `select(${x}, ${T}(P0), ${x} > ${T}(P0))`),
  /** Needs the function `sine`. */
  cos: of((x) => `sine(${x}, 1)`),
  elu: (T, x) => ({
    first: [
      `let z = clamp(${x}, ${T}(-0.35), ${T}(0.0));`,
      near,
      `let far = exp(min(${x}, ${T}(0.0))) - 1.0;`,
    ],
    value: `select(${x}, P0 * select(far, near, ${x} > ${T}(-0.35)), ${x} < ${T}(0.0))`,
  }),
  /** Needs the function `erf`. */
  erf: of((x) => `erf_of(${x})`),
  // WGSL leaves exp of NaN open: SwiftShader gives infinity
  exp: of((x, T) => `select(exp(${x}), ${x}, ${isNan(T, x)})`),
  floor: of((x) => `floor(${x})`),
  // x/2 (1 + erf(s)): 1 + the series near 0, erfc(|s|) or 2 - erfc(|s|) beyond
  gelu: (T, x) => ({
    first: [
      `let s = ${x} * 0.7071067811865476;`,
      `let a = abs(s);`,
      `let q = min(s * s, ${T}(0.25));`,
      `let near = 1.0 + s * ${erfSeries};`,
      `let t = 1.0 / (1.0 + 0.3275911 * a);`,
      `let beyond = ${erfTail} * exp(-a * a);`,
      `let far = select(2.0 - beyond, beyond, s < ${T}(0.0));`,
    ],
    value: `0.5 * ${x} * select(far, near, a < ${T}(0.5))`,
  }),
  // x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3))
  gelu_tanh: (T, x) => {
    const { first, value } = sigmoid(T, 'u');
    const inner = `${x} + 0.044715 * ${x} * ${x} * ${x}`;
    return { first: [`let u = 1.5957691216057308 * (${inner});`, ...first], value: `${x} * ${value}` };
  },
  hard_sigmoid: (T, x) => ({ first: [`let y = P0 * ${x} + P1;`], value: unit(T) }),
  hard_swish: (T, x) => ({ first: [`let y = ${x} / 6.0 + 0.5;`], value: `${x} * ${unit(T)}` }),
  leaky_relu: of((x, T) => `select(${x}, P0 * ${x}, ${x} < ${T}(0.0))`),
  // WGSL leaves log of 0, of negative numbers and of NaN open: SwiftShader gives numbers
  log: of(
    (x, T) =>
      `select(select(log(${x}), sqrt(${x}), !(${x} >= ${T}(0.0))), -1.0 / abs(${x}), ${x} == ${T}(0.0))`,
  ),
  logical_not: of((x) => truth(`${x} == 0.0`)),
  // with e = exp(-|x|): tanh(log(1 + e^x)) as a quotient of polynomials in e
  mish: (T, x) => ({
    first: [
      `let e = exp(-abs(${x}));`,
      'let above = 1.0 + 2.0 * e;',
      'let below = e * e + 2.0 * e;',
      `let t = select(below / (below + 2.0), above / (above + 2.0 * e * e), ${x} >= ${T}(0.0));`,
    ],
    value: `${x} * t`,
  }),
  neg: of((x) => `-${x}`),
  reciprocal: of((x) => `1.0 / ${x}`),
  relu: of((x, T) => `select(${x}, ${T}(0.0), ${x} < ${T}(0.0))`),
  // ties to even, as WGSL defines it
  round: of((x) => `round(${x})`),
  sigmoid,
  sign: of((x) => `select(select(${x}, 1.0, ${x} > 0.0), -1.0, ${x} < 0.0)`),
  /** Needs the function `sine`. */
  sin: of((x) => `sine(${x}, 0)`),
  silu: (T, x) => {
    const { first, value } = sigmoid(T, x);
    return { first, value: `${x} * ${value}` };
  },
  // max(x, 0) + log1p(e), log1p(e) = 2 atanh(s), s = e / (2 + e) <= 1/3: error below 1e-8
  softplus: (T, x) => ({
    first: [
      `let e = exp(-abs(${x}));`,
      'let s = e / (2.0 + e);',
      'let q = s * s;',
      'let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));',
    ],
    value: `select(${x}, ${T}(0.0), ${x} < ${T}(0.0)) + 2.0 * s * series`,
  }),
  sqrt: of((x) => `sqrt(${x})`),
  // Lambert's continued fraction below 0.6, (1 - e) / (1 + e) with e = exp(-2|x|) above
  tanh: (T, x) => ({
    first: [
      `let q = min(${x} * ${x}, ${T}(1.0));`,
      `let near = ${x} / (1.0 + q / (3.0 + q / (5.0 + q / (7.0 + q / 9.0))));`,
      `let e = exp(-2.0 * abs(${x}));`,
      'let far = (1.0 - e) / (1.0 + e);',
    ],
    value: `select(select(far, -far, ${x} < ${T}(0.0)), near, abs(${x}) < ${T}(0.6))`,
  }),
} satisfies {
  readonly [K in
    | OpsWith<'unary'>
    | 'none'
    | 'clip_below'
    | 'clip_above'
    | 'atan'
    | 'cos'
    | 'erf'
    | 'logical_not'
    | 'sign'
    | 'sin']: UnaryFormula;
};

/** Near 0 a series, beyond it 1 - erfc. */
export const erfFunction = `fn erf_of(x: f32) -> f32 {
let a = abs(x);
if (a < 0.5) {
let q = x * x;
return x * ${erfSeries};
}
let t = 1.0 / (1.0 + 0.3275911 * a);
let s = ${erfTail};
let y = 1.0 - s * exp(-a * a);
return select(y, -y, x < 0.0);
}`;

/**
 * sin(x + quarter pi / 2). WGSL's own may be off by 2^-11: x less whole quarter turns, in three parts of pi / 2 (Cody and Waite,
 * 1980), then the polynomials of the Cephes library. Beyond 2^15 it is WGSL's.
 */
export const sineFunction = `fn sine(x: f32, quarter: i32) -> f32 {
let k = round(x * 0.6366197723675814);
let r = ((x - k * 1.5703125) - k * 4.837512969970703e-4) - k * 7.549789954891882e-8;
let z = r * r;
let s = r + r * z * (-0.16666654611 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
let turn = i32(clamp(k, -2147483000.0, 2147483000.0)) + quarter;
let odd = select(s, c, (turn & 1) == 1);
let near = select(odd, -odd, (turn & 2) == 2);
let far = clamp(select(sin(x), cos(x), quarter == 1), -1.0, 1.0);
return select(near, far, abs(x) > 32768.0 && abs(x) <= 3.4028234e38);
}`;

/** atan, which WGSL may have off by 2^-12: the polynomial of the Cephes library between two shifts by pi / 4. */
export const angleFunction = `fn angle_of(x: f32) -> f32 {
let a = abs(x);
var base = 0.0;
var t = a;
if (a > 2.414213562373095) {
base = 1.5707963267948966;
t = -1.0 / a;
} else if (a > 0.4142135623730951) {
base = 0.7853981633974483;
t = (a - 1.0) / (a + 1.0);
}
let q = t * t;
let y = base + (t + t * q * (-0.333329491539 + q * (0.199777106478 + q * (-0.138776856032 + q * 8.05374449538e-2))));
return select(y, -y, x < 0.0);
}`;

/** Every binary op as an expression of `a` and `b`, of type T; comparisons and logic are of f32 only. */
export const binaryFormulas = {
  add: (_, a, b) => `${a} + ${b}`,
  div: (_, a, b) => `${a} / ${b}`,
  equal: (_, a, b) => truth(`${a} == ${b}`),
  less: (_, a, b) => truth(`${a} < ${b}`),
  less_equal: (_, a, b) => truth(`${a} <= ${b}`),
  logical_and: (_, a, b) => truth(`${a} != 0.0 && ${b} != 0.0`),
  logical_or: (_, a, b) => truth(`${a} != 0.0 || ${b} != 0.0`),
  logical_xor: (_, a, b) => truth(`(${a} != 0.0) != (${b} != 0.0)`),
  maximum: (T, a, b) => `select(${b}, ${a}, (${a} > ${b}) | ${isNan(T, a)})`,
  minimum: (T, a, b) => `select(${b}, ${a}, (${a} < ${b}) | ${isNan(T, a)})`,
  mul: (_, a, b) => `${a} * ${b}`,
  /** Needs `powerFunctions`. */
  pow: (T, a, b) => `${T === 'f32' ? 'power' : 'power4'}(${a}, ${b})`,
  prelu: (T, a, b) => `select(${a}, ${a} * ${b}, ${a} < ${T}(0.0))`,
  sub: (_, a, b) => `${a} - ${b}`,
} satisfies {
  readonly [K in
    | OpsWith<'binary'>
    | 'equal'
    | 'less'
    | 'less_equal'
    | 'logical_and'
    | 'logical_or'
    | 'logical_xor']: BinaryFormula;
};

/**
 * WGSL leaves pow of a negative base undefined; ONNX follows C: integer exponents work, others give NaN. Odd ones keep the sign,
 * also of -0 and -infinity. 1 to any power is 1, also to NaN, and -1 to an infinite one.
 */
const power = `fn power(a: f32, b: f32) -> f32 {
if (b == 0.0 || a == 1.0) {
return 1.0;
}
if (b == 1.0 || ${isNan('f32', 'a')}) {
return a;
}
if (${isNan('f32', 'b')}) {
return b;
}
if (b == 2.0) {
return a * a;
}
let odd = floor(b) == b && floor(b * 0.5) * 2.0 != b;
let negative = bitcast<u32>(a) >> 31u == 1u;
if (a == 0.0) {
let limit = select(from_bits(0x7f800000u), 0.0, b > 0.0);
return select(limit, -limit, negative && odd);
}
if ((bitcast<u32>(b) & 0x7fffffffu) == 0x7f800000u) {
let limit = select(0.0, from_bits(0x7f800000u), (abs(a) > 1.0) == (b > 0.0));
return select(limit, 1.0, a == -1.0);
}
let size = pow(abs(a), b);
if (a < 0.0 && floor(b) != b && bitcast<u32>(a) != 0xff800000u) {
return from_bits(0x7fc00000u);
}
return select(size, -size, negative && odd);
}`;

const power4 = `fn power4(a: vec4f, b: vec4f) -> vec4f {
return vec4f(power(a.x, b.x), power(a.y, b.y), power(a.z, b.z), power(a.w, b.w));
}`;

/** The functions that `pow` calls. */
export function powerFunctions(T: Lane): readonly string[] {
  return T === 'f32' ? [fromBits, power] : [fromBits, power, power4];
}
