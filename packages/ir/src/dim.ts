import { CompileError } from './compile-error.ts';

/**
 * A dimension: a non-negative integer, or a symbolic expression as text (`batch`, `height+1`,
 * `(height-1)//2+1`). Two symbolic dimensions are equal exactly if their text is; the functions here keep it
 * canonical.
 */
export type Dim = number | string;

/** Whether a size is a number, not symbolic text such as `batch`. */
export function isStatic(dim: Dim): dim is number {
  return typeof dim === 'number';
}

/** Longer expressions come from models that double them at every layer. */
const MAX_LENGTH = 4096;

/** Throws `shape/symbol` for an expression of more than 4096 characters. */
export function checkDimLength(dim: Dim): void {
  if (isStatic(dim) || dim.length <= MAX_LENGTH) return;
  throw new CompileError(
    'shape/symbol',
    `a dimension is an expression of ${dim.length} characters (${dim.slice(0, 20)}...), expected at most ${MAX_LENGTH}; give sizes with --bind NAME=SIZE`,
  );
}

/**
 * Whether the text form can hold a symbolic dimension without quotes: it has a letter and no separator, and
 * is not a numeral.
 */
export function isBareDim(text: string): boolean {
  return /^[^\s,[\]"]+$/.test(text) && /[\p{L}_]/u.test(text) && !/^\d+\w*$/.test(text);
}

/** `dim + offset`. */
export function addDim(dim: Dim, offset: number): Dim {
  if (isStatic(dim)) return dim + offset;
  const [base, constant] = splitOffset(dim);
  const sum = constant + offset;
  return sum === 0 ? base : `${base}${sum > 0 ? '+' : ''}${sum}`;
}

/** `floor(dim / divisor)`, divisor a positive integer. */
export function floorDivDim(dim: Dim, divisor: number): Dim {
  if (divisor === 1) return dim;
  return isStatic(dim) ? Math.floor(dim / divisor) : `${group(dim)}//${divisor}`;
}

/** `dim * factor`. */
export function mulDim(dim: Dim, factor: number): Dim {
  if (factor === 1) return dim;
  return isStatic(dim) ? dim * factor : `${group(dim)}*${factor}`;
}

function group(dim: string): string {
  return /^\w+$/.test(dim) ? dim : `(${dim})`;
}

function splitOffset(dim: string): [string, number] {
  const match = /^(.*[^+*/(\s-])([+-]\d+)$/.exec(dim);
  return match?.[1] && match[2] ? [match[1], Number(match[2])] : [dim, 0];
}
