import { CompileError } from './compile-error.ts';
import { allocate, type DType, isFloat } from './dtype.ts';
import { parseNumber } from './format-number.ts';
import { staticShape } from './shape.ts';
import { encodeFloat, isCodedFloat } from './small-float.ts';
import type { Tensor } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';

/** A tensor from numerals; floats round to nearest even. Throws `parse/element` for a value outside the type. */
export function parseElements({ dtype, shape }: TensorType, texts: readonly string[]): Tensor {
  const data = allocate(dtype, texts.length);
  const [low, high] = rangeOf(dtype);
  texts.forEach((text, i) => {
    if (isCodedFloat(dtype)) data[i] = encodeFloat(dtype, parseNumber(text));
    else if (isFloat(dtype)) data[i] = parseNumber(text);
    else {
      const value = parseInteger(text);
      if (value < low || value > high) outOfRange(text, dtype);
      data[i] = data instanceof BigInt64Array || data instanceof BigUint64Array ? value : Number(value);
    }
  });
  return { dtype, shape: staticShape(shape), data };
}

/** Longer numerals fit no integer type. */
const MAX_DIGITS = 20;

function parseInteger(text: string): bigint {
  if (/^-?\d+$/.test(text) && text.length <= MAX_DIGITS) return BigInt(text);
  throw new CompileError('parse/element', `expected an integer, found ${text.slice(0, 2 * MAX_DIGITS)}`);
}

function outOfRange(text: string, dtype: DType): never {
  const [low, high] = rangeOf(dtype);
  throw new CompileError('parse/element', `${dtype} expects ${low} to ${high}, found ${text}`);
}

/** Lowest and highest value of an integer type. */
function rangeOf(dtype: DType): [bigint, bigint] {
  if (isFloat(dtype)) return [0n, 0n];
  if (dtype === 'bool') return [0n, 1n];
  const bits = BigInt(dtype.slice(1));
  return dtype.startsWith('u') ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}
