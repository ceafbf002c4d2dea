import { CompileError, isFloat, type Value } from '@ghostc/ir';
import { attrsOf, cast as castOp, lookup, mod as modOp, withDefaults } from '@ghostc/ops';
import { activationFormula, activationOf } from '../../activation-text.ts';
import { arithmeticOf } from '../../arithmetic.ts';
import { cType } from '../../c-type.ts';
import { binaryFormulas, unaryFormulas } from '../../elementwise-formulas.ts';
import type { CFunction, Emit, Prelude } from '../../kernel.ts';
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

function unary(op: keyof typeof unaryFormulas): Emit {
  return ({ node, pointer }) => {
    const x = input(node, 0);
    const { dtype } = x.type;
    if (!isFloat(dtype) && lookup(op).onIntegers === 'none')
      throw new CompileError('backend-c/dtype', `${op} of ${dtype} has no C kernel`);
    const params = withDefaults(lookup(op).attrs, node.attrs) as Readonly<Record<string, number>>;
    const formula = unaryFormulas[op](arithmeticOf(dtype), 'p', params);
    const fn = mapped([x], node.output, {
      hint: `${op}_${dtype}`,
      formula: stored(node.output.type.dtype, formula),
    });
    return { fn, args: [pointer(x), pointer(node.output)] };
  };
}

/** Truncated; what the type cannot hold is its lowest number. */
const integerPower: Prelude = {
  name: 'integer_power',
  lines: [
    'static int64_t integer_power(double p, double q, double low, double above)',
    '{',
    'const double v = trunc(pow(p, q));',
    'return (int64_t)(v >= low && v < above ? v : low);',
    '}',
  ],
};

function binary(op: keyof typeof binaryFormulas): Emit {
  return ({ node, pointer }) => {
    const [a, b] = [input(node, 0), input(node, 1)];
    const c = arithmeticOf(a.type.dtype);
    const formula = choiceEnclosed(binaryFormulas[op](c, 'p', 'q'));
    const act = activationOf(node);
    const fused = act.activation !== 'none';
    const fn = mapped([a, b], node.output, {
      hint: `${op}_${c.dtype}`,
      needs: op === 'pow' && c.integer ? [integerPower] : [],
      first: fused ? [`const ${computeType(c.dtype)} v = ${formula};`] : [],
      formula: stored(node.output.type.dtype, fused ? activationFormula(act, c, 'v') : formula),
    });
    return { fn, args: [pointer(a), pointer(b), pointer(node.output)] };
  };
}

function choiceEnclosed(formula: string): string {
  return formula.includes(' ? ') ? `(${formula})` : formula;
}

/** The remainder has the sign of q, or of p with fmod. */
const mod: Emit = ({ node, pointer }) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  const { dtype } = a.type;
  const { fmod } = attrsOf(modOp, node);
  const unsigned = dtype.startsWith('u') || dtype === 'bool';
  const rest = isFloat(dtype) ? arithmeticOf(dtype).call('fmod', 'p', 'q') : '(q == 0 ? 0 : p % q)';
  const floored =
    fmod || unsigned ? rest : `(${rest} != 0 && (${rest} < 0) != (q < 0) ? ${rest} + q : ${rest})`;
  const fn = mapped([a, b], node.output, {
    hint: `${fmod ? 'fmod' : 'mod'}_${dtype}`,
    formula: stored(dtype, floored),
  });
  return { fn, args: [pointer(a), pointer(b), pointer(node.output)] };
};

/** Only bits move: the operands are read in stored form. */
const where: Emit = ({ node, pointer }) => {
  const inputs = [0, 1, 2].map((i) => input(node, i));
  const { dtype } = node.output.type;
  const fn = mapped(inputs, node.output, {
    hint: `where_${dtype}`,
    formula: stored(dtype, 'p != 0 ? q : r'),
  });
  return { fn, args: [...inputs.map(pointer), pointer(node.output)] };
};

const expand: Emit = ({ node, pointer }) => {
  const x = input(node, 0);
  const { dtype } = x.type;
  const fn = mapped([x], node.output, { hint: `expand_${dtype}`, formula: stored(dtype, 'p') });
  return { fn, args: [pointer(x), pointer(node.output)] };
};

/** Floats to integers truncate; NaN and what int64 cannot hold become 0 and its ends, which C leaves undefined. */
const cast: Emit = ({ node, pointer }) => {
  const x = input(node, 0);
  const [from, to] = [x.type.dtype, node.output.type.dtype];
  const { saturate } = attrsOf(castOp, node);
  const integer = isFloat(from) && !isFloat(to) && to !== 'bool';
  const s = from === 'f32' ? 'f' : '';
  const wide = `p != p ? 0 : p >= 9.2e18${s} ? INT64_MAX : p <= -9.2e18${s} ? INT64_MIN : (int64_t)p`;
  const formula = stored(to, integer ? wide : 'p', saturate && to.startsWith('f8') ? 'saturate' : 'overflow');
  const fn = mapped([x], node.output, { hint: `cast_${from}_${to}`, formula });
  return { fn, args: [pointer(x), pointer(node.output)] };
};

function tableOf<K extends string>(
  formulas: Readonly<Record<K, unknown>>,
  kernel: (op: K) => Emit,
): Readonly<Record<string, Emit>> {
  return Object.fromEntries((Object.keys(formulas) as K[]).map((op) => [op, kernel(op)]));
}

export const elementwiseKernels: Readonly<Record<string, Emit>> = {
  ...tableOf(unaryFormulas, unary),
  ...tableOf(binaryFormulas, binary),
  cast,
  expand,
  mod,
  where,
};
