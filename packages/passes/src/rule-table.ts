import { passes } from './optimize.ts';
import type { Rule } from './rule.ts';

/** Every rule of every pass, by name. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  [...passes.values()].flatMap((pass) => (pass.rules ?? []).map((rule): [string, Rule] => [rule.name, rule])),
);
