import { loweringPasses, optimizationPasses } from './optimize.ts';
import type { Rule } from './rule.ts';

/** Every rule of every pass, by name. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  [...optimizationPasses, ...loweringPasses].flatMap((pass) =>
    (pass.rules ?? []).map((rule): [string, Rule] => [rule.name, rule]),
  ),
);
