import { type Activation, type ActivationName, activationOpAttrs } from '@ghostc/ops';
import type { Prelude } from './kernel.ts';
import { floatLiteral } from './text/float-literal.ts';

type Params = Readonly<Record<string, number>>;

/** An activation of the register of the name `v`, as C. Comparisons are false for NaN, which passes through. */
interface RegisterFormula {
  readonly text: (v: string, params: Params) => string;
  readonly needs?: readonly Prelude[];
}

const clipped = (v: string, low: number, high: number): string =>
  `AT_MOST(AT_LEAST(${v}, ${floatLiteral(low)}), ${floatLiteral(high)})`;

/**
 * e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln(2) / 2 (Cody and Waite: n times the high part of ln 2 is exact), and Cephes'
 * polynomial of degree 7 for e^r, whose error is below 2^-25. The sums 1 + (r + r^2 p) round at most by 2^-24 (1 + 2 * 0.42), so
 * e^x is off by less than 2 ulp; the scale is two exact factors, which also reach subnormals and infinity.
 */
const exponential: Prelude = {
  name: 'register-exp',
  lines: [
    'static inline vecf v_exp(vecf v)',
    '{',
    '#if LANES > 1',
    'const vecf x = AT_MOST(AT_LEAST(v, -104.0f), 89.0f);',
    '/* 1.5 * 2^23: the integer stands in the low bits of the sum. */',
    'const vecf magic = SPLAT(12582912.0f);',
    'const vecf t = x * 1.44269504f + magic;',
    'const veci n = (veci)t - (veci)magic;',
    'const vecf whole = t - magic;',
    'const vecf r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;',
    'vecf p = SPLAT(1.9875691500e-4f);',
    'p = p * r + 1.3981999507e-3f;',
    'p = p * r + 8.3334519073e-3f;',
    'p = p * r + 4.1665795894e-2f;',
    'p = p * r + 1.6666665459e-1f;',
    'p = p * r + 5.0000001201e-1f;',
    'const vecf y = (p * (r * r) + r) + 1.0f;',
    'const veci half = n >> 1;',
    'return (y * (vecf)((half + 127) << 23)) * (vecf)((n - half + 127) << 23);',
    '#else',
    'return expf(v);',
    '#endif',
    '}',
  ],
};

/** tanh x = x + x^3 p(x^2) below 0.625 (Cephes), and 1 - 2 / (e^(2|x|) + 1) with the sign of x above, where nothing cancels. */
const hyperbolic: Prelude = {
  name: 'register-tanh',
  needs: [exponential],
  lines: [
    'static inline vecf v_tanh(vecf v)',
    '{',
    '#if LANES > 1',
    'const vecf z = v * v;',
    'vecf p = SPLAT(-5.70498872745e-3f);',
    'p = p * z + 2.06390887954e-2f;',
    'p = p * z - 5.37397155531e-2f;',
    'p = p * z + 1.33314422036e-1f;',
    'p = p * z - 3.33332819422e-1f;',
    'const vecf small = p * z * v + v;',
    'const veci sign = (veci)v & INT32_MIN;',
    'const vecf size = (vecf)((veci)v & INT32_MAX);',
    'const vecf large = 1.0f - 2.0f / (v_exp(size + size) + 1.0f);',
    'return SELECT(size > SPLAT(0.625f), (vecf)((veci)large | sign), small);',
    '#else',
    'return tanhf(v);',
    '#endif',
    '}',
  ],
};

/** v tanh(ln(1 + e^v)) = v s / (s + 2) with s = e^v (e^v + 2); from v = 20 on that is v in float. */
const mishPrelude: Prelude = {
  name: 'register-mish',
  needs: [exponential],
  lines: [
    'static inline vecf v_mish(vecf v)',
    '{',
    'const vecf e = v_exp(AT_MOST(v, 20.0f));',
    'const vecf s = e * (e + 2.0f);',
    'return v * (s / (s + 2.0f));',
    '}',
  ],
};

const formulas: { readonly [A in ActivationName]?: RegisterFormula } = {
  clip: { text: (v, { min = 0, max = 0 }) => clipped(v, min, max) },
  gelu_tanh: {
    text: (v) =>
      `${v} / (1.0f + v_exp(${floatLiteral(-Math.sqrt(8 / Math.PI))} * (${v} + 0.044715f * ${v} * ${v} * ${v})))`,
    needs: [exponential],
  },
  hard_sigmoid: {
    text: (v, { alpha = 0.2, beta = 0.5 }) =>
      clipped(`${floatLiteral(alpha)} * ${v} + ${floatLiteral(beta)}`, 0, 1),
  },
  hard_swish: { text: (v) => `${v} * ${clipped(`${v} * ${floatLiteral(1 / 6)} + 0.5f`, 0, 1)}` },
  leaky_relu: {
    text: (v, { alpha = 0.01 }) => `SELECT(${v} < SPLAT(0.0f), ${floatLiteral(alpha)} * ${v}, ${v})`,
  },
  mish: { text: (v) => `v_mish(${v})`, needs: [mishPrelude] },
  relu: { text: (v) => `RELU(${v})` },
  sigmoid: { text: (v) => `1.0f / (1.0f + v_exp(-${v}))`, needs: [exponential] },
  silu: { text: (v) => `${v} / (1.0f + v_exp(-${v}))`, needs: [exponential] },
  tanh: { text: (v) => `v_tanh(${v})`, needs: [hyperbolic] },
};

/** The activation of the register `v`; undefined where lanes are computed one by one. */
export function registerActivation(act: Activation, v: string): string | undefined {
  return formulas[act.activation]?.text(v, activationOpAttrs(act));
}

/** The definitions that `registerActivation` depends on. */
export function activationNeeds({ activation }: Activation): readonly Prelude[] {
  return formulas[activation]?.needs ?? [];
}
