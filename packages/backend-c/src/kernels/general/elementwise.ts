import { CompileError, type DType, isFloat, type Node, type Value } from '@ghostc/ir';
import { attrsOf, cast as castOp, integerRange, lookup, mod as modOp, withDefaults } from '@ghostc/ops';
import { activationOf } from '../../activation-text.ts';
import { cType } from '../../c-type.ts';
import type { CFunction, Kernel, Prelude } from '../../kernel.ts';
import { floatLiteral } from '../../text/float-literal.ts';
import { affine, broadcastStrides, collapse, nest } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';
import { accessPreludes, computeType, loaded, stored } from './scalar-access.ts';

/** Names of the operands in formulas. */
const names = ['p', 'q', 'r'] as const;

interface Mapping {
  readonly hint: string;
  readonly formula: string;
  readonly needs?: CFunction['needs'];
  /** Lines before the formula, which reads what they name. */
  readonly first?: readonly string[];
}

/** y[...] = formula(p, q, ...) with broadcasting, for operands of any element types; may run in place. */
function mapped(
  inputs: readonly Value[],
  output: Value,
  { hint, formula, needs = [], first = [] }: Mapping,
): CFunction {
  const shape = shapeOf(output);
  const strides = [output, ...inputs].map((value) => broadcastStrides(shapeOf(value), shape));
  const walk = collapse({ dims: shape, strides });
  const [to = [], ...from] = walk.strides;
  const types = [output, ...inputs].map(({ type }) => type.dtype);
  return {
    hint: `${hint}_${walk.dims.join('x') || '1'}`,
    params: [
      ...inputs.map(({ type }, i) => `const ${cType(type.dtype)} *x${i}`),
      `${cType(output.type.dtype)} *y`,
    ],
    needs: [...accessPreludes(...types), ...(needs ?? [])],
    body: scoped(
      walk.dims,
      nest(walk.dims, (index) => [
        ...inputs.map(({ type }, i) => {
          const at = `x${i}[${affine(index, from[i] ?? [])}]`;
          return `const ${computeType(type.dtype)} ${names[i]} = ${loaded(type.dtype, at)};`;
        }),
        ...first,
        `y[${affine(index, to)}] = ${formula};`,
      ]),
    ),
  };
}

/** A body without a loop is a block, so that its names stay inside. */
function scoped(dims: readonly number[], body: readonly string[]): string[] {
  return dims.length ? [...body] : ['{', ...body, '}'];
}

/** A number in C, of the compute type of `dtype`. */
function literal(dtype: DType, value: number): string {
  if (dtype === 'f32') return floatLiteral(value);
  if (!isFloat(dtype)) return String(Math.trunc(Math.min(Math.max(value, -9e15), 9e15)));
  if (Number.isNaN(value)) return '(double)NAN';
  if (!Number.isFinite(value)) return value > 0 ? '(double)INFINITY' : '(-(double)INFINITY)';
  const text = String(value);
  return `(${/[.e]/.test(text) ? text : `${text}.0`})`;
}

type Params = Readonly<Record<string, number>>;
/** A formula of `p`; `s` is the suffix of math functions, `n` writes a number. */
type UnaryFormula = (params: Params, s: string, n: (value: number) => string) => string;

/** min(max(e, 0), 1); NaN stays NaN. */
function unit(e: string, n: (value: number) => string): string {
  return `(${e} < ${n(0)} ? ${n(0)} : ${e} > ${n(1)} ? ${n(1)} : ${e})`;
}

/** |p| of integers by their suffix. */
const abs: Readonly<Record<string, string>> = { i: 'p < 0 ? -p : p', u: 'p' };

/** Ops that integers have, too. */
const ofIntegers: ReadonlySet<string> = new Set([
  'abs',
  'clip',
  'dropout',
  'identity',
  'logical_not',
  'neg',
  'relu',
  'sign',
]);

const unaryFormulas: Readonly<Record<string, UnaryFormula>> = {
  abs: (_, s) => abs[s] ?? `fabs${s}(p)`,
  ceil: (_, s) => `ceil${s}(p)`,
  clip: ({ min = 0, max = 0 }, _, n) => `p < ${n(min)} ? ${n(min)} : p > ${n(max)} ? ${n(max)} : p`,
  dropout: () => 'p',
  elu: ({ alpha = 1 }, s, n) => `p < ${n(0)} ? ${n(alpha)} * expm1${s}(p) : p`,
  erf: (_, s) => `erf${s}(p)`,
  exp: (_, s) => `exp${s}(p)`,
  floor: (_, s) => `floor${s}(p)`,
  hard_sigmoid: ({ alpha = 0.2, beta = 0.5 }, _, n) => unit(`${n(alpha)} * p + ${n(beta)}`, n),
  hard_swish: (_, __, n) => `p * ${unit(`p / ${n(6)} + ${n(0.5)}`, n)}`,
  identity: () => 'p',
  leaky_relu: ({ alpha = 0.01 }, _, n) => `p < ${n(0)} ? ${n(alpha)} * p : p`,
  log: (_, s) => `log${s}(p)`,
  logical_not: () => 'p == 0',
  neg: () => '-p',
  reciprocal: (_, __, n) => `${n(1)} / p`,
  relu: (_, s, n) => (s === 'u' ? 'p' : `p < ${n(0)} ? ${n(0)} : p`),
  round: (_, s) => `rint${s}(p)`,
  sigmoid: (_, s, n) => `${n(1)} / (${n(1)} + exp${s}(-p))`,
  sign: (_, s, n) => (s === 'u' ? 'p > 0 ? 1 : 0' : `p > ${n(0)} ? ${n(1)} : p < ${n(0)} ? ${n(-1)} : p`),
  silu: (_, s, n) => `p / (${n(1)} + exp${s}(-p))`,
  softplus: (_, s, n) => `fmax${s}(p, ${n(0)}) + log1p${s}(exp${s}(-fabs${s}(p)))`,
  sqrt: (_, s) => `sqrt${s}(p)`,
  tanh: (_, s) => `tanh${s}(p)`,
};

function suffixOf(dtype: DType): string {
  if (dtype === 'f32') return 'f';
  if (isFloat(dtype)) return '';
  return dtype === 'u64' ? 'u' : 'i';
}

const unary =
  (op: string): Kernel =>
  ({ node, pointer }) => {
    const x = input(node, 0);
    const { dtype } = x.type;
    if (!isFloat(dtype) && !ofIntegers.has(op))
      throw new CompileError('backend-c/dtype', `${op} of ${dtype} has no C kernel`);
    const params = withDefaults(lookup(op).attrs, node.attrs) as Params;
    const formula = (unaryFormulas[op] as UnaryFormula)(params, suffixOf(dtype), (value) =>
      literal(dtype, value),
    );
    const fn = mapped([x], node.output, {
      hint: `${op}_${dtype}`,
      formula: stored(node.output.type.dtype, formula),
    });
    return { fn, args: [pointer(x), pointer(node.output)] };
  };

/** Each as a formula of `p` and `q`, by whether they are integers. */
const binaryFormulas: Readonly<Record<string, (integer: boolean, dtype: DType) => string>> = {
  add: () => 'p + q',
  div: (integer) => (integer ? '(q == 0 ? 0 : p / q)' : 'p / q'),
  equal: () => 'p == q',
  less: () => 'p < q',
  less_equal: () => 'p <= q',
  logical_and: () => 'p != 0 && q != 0',
  logical_or: () => 'p != 0 || q != 0',
  logical_xor: () => '(p != 0) != (q != 0)',
  maximum: (integer) => (integer ? '(p > q ? p : q)' : '(p > q || p != p ? p : q)'),
  minimum: (integer) => (integer ? '(p < q ? p : q)' : '(p < q || p != p ? p : q)'),
  mul: () => 'p * q',
  pow: (integer, dtype) => (integer ? integerPower(dtype) : `pow${suffixOf(dtype)}(p, q)`),
  prelu: (_, dtype) => `(p < ${literal(dtype, 0)} ? p * q : p)`,
  sub: () => 'p - q',
};

/** Truncated; what the type cannot hold is its lowest number. */
const power: Prelude = {
  name: 'integer_power',
  lines: [
    'static int64_t integer_power(double p, double q, double low, double above)',
    '{',
    'const double v = trunc(pow(p, q));',
    'return (int64_t)(v >= low && v < above ? v : low);',
    '}',
  ],
};

function integerPower(dtype: DType): string {
  const [low, high] = integerRange(dtype);
  const above = Math.min(high + 1, 2 ** 63);
  return `integer_power((double)p, (double)q, ${literal('f64', low)}, ${literal('f64', above)})`;
}

/** The activation of `v`, if the node has one. */
function epilogue(node: Node, dtype: DType): string | undefined {
  const { activation, activation_params: given = [] } = activationOf(node);
  if (activation === 'none') return undefined;
  const keys = Object.keys(lookup(activation).attrs);
  const params = Object.fromEntries(keys.map((key, i) => [key, given[i] ?? 0]));
  const formula = (unaryFormulas[activation] as UnaryFormula)(params, suffixOf(dtype), (value) =>
    literal(dtype, value),
  );
  return formula.replace(/\bp\b/g, 'v');
}

const binary =
  (op: string): Kernel =>
  ({ node, pointer }) => {
    const [a, b] = [input(node, 0), input(node, 1)];
    const { dtype } = a.type;
    const formula = (binaryFormulas[op] as (integer: boolean, dtype: DType) => string)(
      !isFloat(dtype),
      dtype,
    );
    const activated = epilogue(node, dtype);
    const fn = mapped([a, b], node.output, {
      hint: `${op}_${dtype}`,
      needs: op === 'pow' && !isFloat(dtype) ? [power] : [],
      first: activated ? [`const ${computeType(dtype)} v = ${formula};`] : [],
      formula: stored(node.output.type.dtype, activated ?? formula),
    });
    return { fn, args: [pointer(a), pointer(b), pointer(node.output)] };
  };

/** The remainder has the sign of q, or of p with fmod. */
const mod: Kernel = ({ node, pointer }) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  const { dtype } = a.type;
  const { fmod } = attrsOf(modOp, node);
  const unsigned = dtype.startsWith('u') || dtype === 'bool';
  const rest = isFloat(dtype) ? `fmod${suffixOf(dtype)}(p, q)` : '(q == 0 ? 0 : p % q)';
  const floored =
    fmod || unsigned ? rest : `(${rest} != 0 && (${rest} < 0) != (q < 0) ? ${rest} + q : ${rest})`;
  const fn = mapped([a, b], node.output, {
    hint: `${fmod ? 'fmod' : 'mod'}_${dtype}`,
    formula: stored(dtype, floored),
  });
  return { fn, args: [pointer(a), pointer(b), pointer(node.output)] };
};

/** Only bits move: the operands are read as they are stored. */
const where: Kernel = ({ node, pointer }) => {
  const inputs = [0, 1, 2].map((i) => input(node, i));
  const { dtype } = node.output.type;
  const fn = mapped(inputs, node.output, {
    hint: `where_${dtype}`,
    formula: stored(dtype, 'p != 0 ? q : r'),
  });
  return { fn, args: [...inputs.map(pointer), pointer(node.output)] };
};

const expand: Kernel = ({ node, pointer }) => {
  const x = input(node, 0);
  const { dtype } = x.type;
  const fn = mapped([x], node.output, { hint: `expand_${dtype}`, formula: stored(dtype, 'p') });
  return { fn, args: [pointer(x), pointer(node.output)] };
};

/** Floats to integers truncate; NaN and what int64 cannot hold become 0 and its ends, which C leaves undefined. */
const cast: Kernel = ({ node, pointer }) => {
  const x = input(node, 0);
  const [from, to] = [x.type.dtype, node.output.type.dtype];
  const { saturate } = attrsOf(castOp, node);
  const integer = isFloat(from) && !isFloat(to) && to !== 'bool';
  const s = from === 'f32' ? 'f' : '';
  const wide = `p != p ? 0 : p >= 9.2e18${s} ? INT64_MAX : p <= -9.2e18${s} ? INT64_MIN : (int64_t)p`;
  const formula = stored(to, integer ? wide : 'p', saturate && to.startsWith('f8'));
  const fn = mapped([x], node.output, { hint: `cast_${from}_${to}`, formula });
  return { fn, args: [pointer(x), pointer(node.output)] };
};

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.keys(unaryFormulas).map((op) => [op, unary(op)])),
  ...Object.fromEntries(Object.keys(binaryFormulas).map((op) => [op, binary(op)])),
  cast,
  expand,
  mod,
  where,
};
