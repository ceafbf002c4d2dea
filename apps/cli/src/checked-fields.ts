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

/** How what is wrong is said. */
export interface FieldPlace {
  readonly where: string;
  readonly problem: (detail: string) => CompileError;
}

/** An object with the fields of `checks` and no others; throws `problem`, which names the field, what it expects and what was found. */
export function checkedFields(
  value: unknown,
  checks: Readonly<Record<string, Check>>,
  { where, problem }: FieldPlace,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw problem(`${where} expects an object, found ${JSON.stringify(value)}`);
  const given = value as Record<string, unknown>;
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(checks, key));
  if (unknown)
    throw problem(
      `${where} has the unknown field ${JSON.stringify(unknown)}; there are ${Object.keys(checks).join(', ')}`,
    );
  for (const [field, { ok, expected, optional }] of Object.entries(checks)) {
    if (!Object.hasOwn(given, field) && optional) continue;
    if (!Object.hasOwn(given, field)) throw problem(`${where}: ${field} is missing; expected ${expected}`);
    if (!ok(given[field]))
      throw problem(`${where}: ${field} expects ${expected}, found ${JSON.stringify(given[field])}`);
  }
  return given;
}
