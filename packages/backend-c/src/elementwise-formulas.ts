import { integerRange, type OpsWith } from '@ghostc/ops';
import { type Arithmetic, doubleText, orNan } from './arithmetic.ts';

/** Attributes of an op by name. */
type Params = Readonly<Record<string, number>>;
type UnaryFormula = (c: Arithmetic, v: string, params: Params) => string;
type BinaryFormula = (c: Arithmetic, p: string, q: string) => string;

/** Unary ops of a formula that no tuned kernel has. */
type OtherUnaryOp = 'atan' | 'cos' | 'dropout' | 'erf' | 'identity' | 'logical_not' | 'sign' | 'sin';
type OtherBinaryOp = 'equal' | 'less' | 'less_equal' | 'logical_and' | 'logical_or' | 'logical_xor';

const call =
  (name: string): UnaryFormula =>
  (c, v) =>
    c.call(name, v);

/** Every unary op as a C expression of the name `v`, in any arithmetic. Comparisons are false for NaN, which passes through. */
export const unaryFormulas = {
  abs: (c, v) => {
    if (!c.integer) return c.call('fabs', v);
    return c.unsigned ? v : `${v} < 0 ? -${v} : ${v}`;
  },
  atan: call('atan'),
  ceil: call('ceil'),
  celu: (c, v, { alpha = 1 }) => {
    const a = c.number(alpha);
    return `${v} < ${c.number(0)} ? ${a} * ${c.call('expm1', `${v} / ${a}`)} : ${v}`;
  },
  clip: (c, v, { min = 0, max = 0 }) =>
    atLeast(c, { v, low: min, rest: `${v} > ${c.number(max)} ? ${c.number(max)} : ${v}` }),
  cos: call('cos'),
  dropout: (_, v) => v,
  elu: (c, v, { alpha = 1 }) => `${v} < ${c.number(0)} ? ${c.number(alpha)} * ${c.call('expm1', v)} : ${v}`,
  erf: call('erf'),
  exp: call('exp'),
  floor: call('floor'),
  gelu: (c, v) =>
    `${c.number(0.5)} * ${v} * (${c.number(1)} + ${c.call('erf', `${v} * ${c.number(Math.SQRT1_2)}`)})`,
  gelu_tanh: (c, v) => {
    const inner = `${v} + ${c.number(0.044715)} * ${v} * ${v} * ${v}`;
    return `${v} / (${c.number(1)} + ${c.call('exp', `${c.number(-Math.sqrt(8 / Math.PI))} * (${inner})`)})`;
  },
  hard_sigmoid: (c, v, { alpha = 0.2, beta = 0.5 }) =>
    inUnit(c, `${c.number(alpha)} * ${v} + ${c.number(beta)}`),
  hard_swish: (c, v) => `${v} * ${inUnit(c, `${sixth(c, v)} + ${c.number(0.5)}`)}`,
  identity: (_, v) => v,
  leaky_relu: (c, v, { alpha = 0.01 }) => `${v} < ${c.number(0)} ? ${c.number(alpha)} * ${v} : ${v}`,
  log: call('log'),
  logical_not: (_, v) => `${v} == 0`,
  mish: (c, v) => `${v} * ${c.call('tanh', logOfSum(c, v))}`,
  neg: (_, v) => `-${v}`,
  reciprocal: (c, v) => `${c.number(1)} / ${v}`,
  relu: (c, v) => atLeast(c, { v, low: 0, rest: v }),
  round: call('rint'),
  sigmoid: (c, v) => `${c.number(1)} / (${c.number(1)} + ${c.call('exp', `-${v}`)})`,
  sign: (c, v) => {
    const negative = `${v} < ${c.number(0)} ? ${c.number(-1)} : ${v}`;
    return `${v} > ${c.number(0)} ? ${c.number(1)} : ${c.unsigned ? c.number(0) : negative}`;
  },
  sin: call('sin'),
  silu: (c, v) => `${v} / (${c.number(1)} + ${c.call('exp', `-${v}`)})`,
  softplus: logOfSum,
  sqrt: call('sqrt'),
  tanh: call('tanh'),
} satisfies { readonly [K in OpsWith<'unary'> | OtherUnaryOp]: UnaryFormula };

/** Every binary op as a C expression of the names `p` and `q`, in any arithmetic. */
export const binaryFormulas = {
  add: (_, p, q) => `${p} + ${q}`,
  div: (c, p, q) => (c.integer ? `${q} == 0 ? 0 : ${p} / ${q}` : `${p} / ${q}`),
  equal: (_, p, q) => `${p} == ${q}`,
  less: (_, p, q) => `${p} < ${q}`,
  less_equal: (_, p, q) => `${p} <= ${q}`,
  logical_and: (_, p, q) => `${p} != 0 && ${q} != 0`,
  logical_or: (_, p, q) => `${p} != 0 || ${q} != 0`,
  logical_xor: (_, p, q) => `(${p} != 0) != (${q} != 0)`,
  maximum: (c, p, q) => `${p} > ${q}${orNan(c, p)} ? ${p} : ${q}`,
  minimum: (c, p, q) => `${p} < ${q}${orNan(c, p)} ? ${p} : ${q}`,
  mul: (_, p, q) => `${p} * ${q}`,
  pow: (c, p, q) => (c.integer ? integerPower(c, p, q) : c.call('pow', p, q)),
  prelu: (c, p, q) => `${p} < ${c.number(0)} ? ${q} * ${p} : ${p}`,
  sub: (_, p, q) => `${p} - ${q}`,
} satisfies { readonly [K in OpsWith<'binary'> | OtherBinaryOp]: BinaryFormula };

/** The formula as an operand: in parentheses, unless it is one already. */
export function operand(formula: string): string {
  return hasOperator(formula) ? `(${formula})` : formula;
}

/** Is there an operator outside all parentheses? */
function hasOperator(formula: string): boolean {
  let depth = 0;
  for (const char of formula) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === ' ' && depth === 0) return true;
  }
  return false;
}

/** `low` where `v` is below it, else `rest`. */
function atLeast(c: Arithmetic, { v, low, rest }: { v: string; low: number; rest: string }): string {
  return c.unsigned && low <= 0 ? rest : `${v} < ${c.number(low)} ? ${c.number(low)} : ${rest}`;
}

/** min(max(e, 0), 1) */
function inUnit(c: Arithmetic, e: string): string {
  return `(${e} < ${c.number(0)} ? ${c.number(0)} : ${e} > ${c.number(1)} ? ${c.number(1)} : ${e})`;
}

/** v / 6: a product in float32, where a division takes many cycles. */
function sixth(c: Arithmetic, v: string): string {
  return c.dtype === 'f32' ? `${v} * ${c.number(1 / 6)}` : `${v} / ${c.number(6)}`;
}

/** max(v, 0): a comparison in float32, which the compiler makes vector code of. */
function positive(c: Arithmetic, v: string): string {
  if (c.dtype !== 'f32') return c.call('fmax', v, c.number(0));
  return `(${v} > ${c.number(0)} ? ${v} : ${c.number(0)})`;
}

/** ln(1 + e^v), without overflow. */
function logOfSum(c: Arithmetic, v: string): string {
  return `${positive(c, v)} + ${c.call('log1p', c.call('exp', `-${c.call('fabs', v)}`))}`;
}

/** Calls the prelude `integer_power`. */
function integerPower({ dtype }: Arithmetic, p: string, q: string): string {
  const [low, high] = integerRange(dtype);
  const above = Math.min(high + 1, 2 ** 63);
  return `integer_power((double)${p}, (double)${q}, ${doubleText(low)}, ${doubleText(above)})`;
}
