import { type DType, isFloat } from '@ghostc/ir';
import { attrsOf, type LoweredOp, mod as modOp, type OpsWith } from '@ghostc/ops';
import type { Emit, Kernel } from '../../kernel.ts';
import { fromBits } from '../../text/from-bits.ts';
import { isNan } from '../../text/is-nan.ts';
import { mapped } from './mapped.ts';

/** Types whose integers below 2^24 a float32 holds exactly: indices, sizes, masks. */
export const large: ReadonlySet<DType> = new Set(['i32', 'i64', 'u32', 'u64']);

/** A result that a float32 may not hold exactly becomes NaN, and stays so, which no integer is: it is never a wrong number. */
const whole = (least: string): string => `fn whole(v: f32, operands: f32) -> f32 {
let beyond = ${isNan('f32', 'operands')} || v < ${least} || v > 16777215.0;
return select(v, from_bits(0x7fc00000u), beyond);
}`;

/** Of integers of 32 and 64 bits: an expression of p and q. */
const onLarge = (expression: string, operands = 'p + q'): Emit => {
  const emit: Emit = (context) => {
    const unsigned = context.typeOf(context.node.output).startsWith('u');
    return mapped(context, {
      id: `${context.node.op}_${unsigned ? 'unsigned' : 'whole'}`,
      expression: `whole(${expression}, ${operands})`,
      functions: [fromBits, whole(unsigned ? '0.0' : '-16777215.0')],
    });
  };
  return emit;
};

/** A remainder has the sign of p, as in C, or that of q, as in Python. */
const remainder: Emit = (context) => {
  const truncated = 'i32(p) % i32(q)';
  const { fmod } = attrsOf(modOp, context.node);
  const chosen = fmod ? truncated : `(${truncated} + i32(q)) % i32(q)`;
  const [step] = onLarge(`select(f32(${chosen}), 0.0, q == 0.0)`)(context);
  return step ? [{ ...step, id: step.id.replace('mod', fmod ? 'fmod' : 'mod') }] : [];
};

const largeTable = {
  abs: onLarge('abs(p)', 'p'),
  add: onLarge('p + q'),
  div: onLarge('select(f32(i32(p) / i32(q)), 0.0, q == 0.0)'),
  mod: remainder,
  mul: onLarge('p * q'),
  neg: onLarge('-p', 'p'),
  sub: onLarge('p - q'),
} satisfies { readonly [K in LoweredOp | OpsWith<'general'>]?: Emit };

/** Arithmetic of integers of 32 and 64 bits. */
export const largeKernels: Readonly<Record<string, Kernel>> = Object.fromEntries(
  Object.entries(largeTable).map(([op, emit]) => [op, { accepts: (_, dtype) => large.has(dtype), emit }]),
);

/** Integers of at most 16 bits: half a unit away from every tie, so that a rounded quotient truncates right. */
export const wholeQuotient = 'sign(p) * sign(q) * floor((abs(p) + 0.5) / abs(q))';

/** Kernels for values that represent small whole numbers, if float32 would compute them differently. */
export const wholeKernels = {
  /** Division of small integers truncates. */
  div: {
    accepts: (_, dtype) => !isFloat(dtype),
    emit: (context) =>
      mapped(context, { id: 'div_whole', expression: `select(${wholeQuotient}, 0.0, q == 0.0)` }),
  },
  /** Products of 16 bits wrap; a float32 does not hold all of one. */
  mul: {
    accepts: (_, dtype) => dtype === 'i16' || dtype === 'u16',
    emit: (context) => {
      const unsigned = context.typeOf(context.node.output) === 'u16';
      const product = unsigned
        ? 'f32((u32(p) * u32(q)) & 0xffffu)'
        : 'f32(((i32(p) * i32(q)) << 16u) >> 16u)';
      return mapped(context, { id: unsigned ? 'mul_u16' : 'mul_i16', expression: product });
    },
  },
} satisfies { readonly [K in LoweredOp]?: Kernel };
