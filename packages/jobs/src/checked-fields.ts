import type { CompileError } from '@ghostc/ir';

/** What a field may be. */
export interface Check {
  readonly ok: (v: unknown) => boolean;
  readonly expected: string;
  readonly optional?: true;
}

/** A check for one of some values. */
export const isOneOf = (list: readonly unknown[]): Check => ({
  ok: (v) => list.includes(v),
  expected: `one of ${list.join(', ')}`,
});

/** A SHA-256 in hex. */
export const isHash: Check = {
  ok: (v) => typeof v === 'string' && /^[0-9a-f]{64}$/.test(v),
  expected: 'a hash',
};

export const isWhole: Check = {
  ok: (v) => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0,
  expected: 'a whole number from 0 on',
};

/** How what is wrong is said. */
export interface FieldPlace {
  readonly where: string;
  readonly problem: (detail: string) => CompileError;
}

/**
 * An object with the fields of `checks`, which are those of T, and no others; throws `problem`, which names the field, what it
 * expects and what was found.
 */
export function checkedFields<T extends object = Record<string, unknown>>(
  value: unknown,
  checks: Readonly<Record<string, Check>>,
  { where, problem }: FieldPlace,
): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw problem(`${where} expects an object, found ${JSON.stringify(value)}`);
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(checks, key));
  if (unknown)
    throw problem(
      `${where} has the unknown field ${JSON.stringify(unknown)}; there are ${Object.keys(checks).join(', ')}`,
    );
  for (const [field, { ok, expected, optional }] of Object.entries(checks)) {
    if (!Object.hasOwn(value, field) && optional) continue;
    if (!Object.hasOwn(value, field)) throw problem(`${where}: ${field} is missing; expected ${expected}`);
    const found: unknown = Reflect.get(value, field);
    if (!ok(found)) throw problem(`${where}: ${field} expects ${expected}, found ${JSON.stringify(found)}`);
  }
  return value as T;
}
