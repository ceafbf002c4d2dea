import { type DType, isFloat } from '@ghostc/ir';
import { floatLiteral } from './text/float-literal.ts';

/** How C writes the arithmetic of a compute type: float for f32, double for other floats, int64_t or uint64_t for integers. */
export interface Arithmetic {
  readonly dtype: DType;
  readonly integer: boolean;
  /** uint64_t, which nothing is below 0 of. */
  readonly unsigned: boolean;
  /** A constant of the compute type. */
  number(value: number): string;
  /** A call of a function of math.h. */
  call(name: string, ...operands: string[]): string;
}

/** The arithmetic in which elements of a type are computed. */
export function arithmeticOf(dtype: DType): Arithmetic {
  const suffix = dtype === 'f32' ? 'f' : '';
  return {
    dtype,
    integer: !isFloat(dtype),
    unsigned: dtype === 'u64',
    number: (value) => numberText(dtype, value),
    call: (name, ...operands) => `${name}${suffix}(${operands.join(', ')})`,
  };
}

function numberText(dtype: DType, value: number): string {
  if (dtype === 'f32') return floatLiteral(value);
  return isFloat(dtype) ? doubleText(value) : String(Math.trunc(Math.min(Math.max(value, -9e15), 9e15)));
}

/** A constant of type double. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return '(double)NAN';
  if (!Number.isFinite(value)) return value > 0 ? '(double)INFINITY' : '(-(double)INFINITY)';
  const text = String(value);
  return `(${/[.e]/.test(text) ? text : `${text}.0`})`;
}

/** Text after a comparison of `v` that makes it hold for NaN, too. */
export function orNan({ integer }: Pick<Arithmetic, 'integer'>, v: string): string {
  return integer ? '' : ` || ${v} != ${v}`;
}
