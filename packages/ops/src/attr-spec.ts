import type { Attr, AttrSpec } from '@ghostc/ir';

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(isNumber);
const isInt = (value: unknown): value is number => Number.isSafeInteger(value);
const isInts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(Number.isSafeInteger);

function spec<T extends Attr>(
  expects: string,
  accepts: (value: unknown) => value is T,
  fallback: T | undefined,
): AttrSpec<T> {
  return fallback === undefined ? { expects, accepts } : { expects, accepts, default: fallback };
}

/** An integer attribute; required when no default is given. */
export const int = (fallback?: number): AttrSpec<number> => spec('an int', isInt, fallback);
/** An attribute that is a list of integers; required without `fallback`. */
export const ints = (fallback?: readonly number[]): AttrSpec<readonly number[]> =>
  spec('ints', isInts, fallback);
/** An attribute that is a number; required without `fallback`. */
export const float = (fallback?: number): AttrSpec<number> => spec('a float', isNumber, fallback);
/** An attribute that is a list of numbers; required without `fallback`. */
export const floats = (fallback?: readonly number[]): AttrSpec<readonly number[]> =>
  spec('floats', isNumbers, fallback);
/** An attribute that is true or false; required without `fallback`. */
export const flag = (fallback?: boolean): AttrSpec<boolean> =>
  spec('true or false', (value): value is boolean => typeof value === 'boolean', fallback);

const isText = (value: unknown): value is string => typeof value === 'string';
export const text = (fallback?: string): AttrSpec<string> => spec('a text', isText, fallback);
export const texts = (fallback?: readonly string[]): AttrSpec<readonly string[]> =>
  spec('texts', (value): value is readonly string[] => Array.isArray(value) && value.every(isText), fallback);

/** An attribute that applies something to the op's own result, unless it has its default. */
// biome-ignore lint/suspicious/noExplicitAny: inference position
export function epilogue<S extends AttrSpec<any>>(spec: S): S {
  return { ...spec, epilogue: true };
}

/** A list of words from a closed set. */
export function listOf<const W extends string>(words: readonly W[]): AttrSpec<readonly W[]> {
  const isWord = (value: unknown): value is W => words.some((word) => word === value);
  const accepts = (value: unknown): value is readonly W[] => Array.isArray(value) && value.every(isWord);
  return spec(`a list of ${words.join('|')}`, accepts, undefined);
}

/** A word from a closed set. */
export function oneOf<const W extends string>(words: readonly W[], fallback?: W): AttrSpec<W> {
  const accepts = (value: unknown): value is W => words.some((word) => word === value);
  return { ...spec(`one of ${words.join('|')}`, accepts, fallback), words };
}
