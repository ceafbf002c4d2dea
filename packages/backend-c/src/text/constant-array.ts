import type { DType } from '@ghostc/ir';
import { cType } from '../c-type.ts';
import { floatLiteral } from './float-literal.ts';

const PER_LINE = 16;

/**
 * Lines of a C array with these elements in stored form: small floats are their codes. C has no empty arrays,
 * so an empty one has a single zero. Needs <stdint.h>, and <math.h> for NaN and infinities.
 */
export function constantArray(name: string, dtype: DType, elements: Iterable<number | bigint>): string[] {
  const literals = Array.from(elements, (element) => elementLiteral(dtype, element));
  const texts = literals.length ? literals : ['0'];
  const lines: string[] = [];
  for (let from = 0; from < texts.length; from += PER_LINE)
    lines.push(`${texts.slice(from, from + PER_LINE).join(', ')},`);
  return [`static const ${cType(dtype)} ${name}[${texts.length}] = {`, ...lines, '};'];
}

function elementLiteral(dtype: DType, element: number | bigint): string {
  if (dtype === 'f32') return floatLiteral(Number(element));
  if (dtype === 'f64') return doubleLiteral(Number(element));
  if (dtype === 'i64') return wide(BigInt(element));
  if (dtype === 'u64') return `UINT64_C(${element})`;
  return dtype === 'u32' ? `${element}u` : narrow(Number(element));
}

/** The shortest decimal that reads back the same. */
export function doubleLiteral(value: number): string {
  if (Number.isNaN(value)) return '(double)NAN';
  if (!Number.isFinite(value)) return value > 0 ? '(double)INFINITY' : '(-(double)INFINITY)';
  return value.toExponential();
}

/** INT64_MIN and INT32_MIN are no literals. */
function wide(element: bigint): string {
  return element === -(1n << 63n) ? 'INT64_MIN' : `INT64_C(${element})`;
}

function narrow(element: number): string {
  return element === -(2 ** 31) ? 'INT32_MIN' : String(element);
}
