import { type RequantPlan, requantTerms } from '../requant-plan.ts';

/** Declarations of a channel's constants, in all lanes, from its row `q` of the table. */
export function requantConstants(plan: RequantPlan, q: string): string[] {
  const { shift, offset } = requantTerms(plan, q);
  return [
    `const vsum bias = v_set(${q}[0]), multiplier = v_set(${q}[1]), offset = v_set(${offset});`,
    ...(plan.shift === null ? [`const int shift = ${shift};`] : []),
    ...(plan.form === 'mixed' ? [`const vsum factor = v_set(${q}[4]), sign = v_set(${q}[5]);`] : []),
  ];
}

/** A statement that stores the outputs of the sums `acc`, bias included, to `target`. */
export function requantStore(
  { form, shift, clamp: [low, high] }: RequantPlan,
  acc: string,
  target: string,
): string {
  const by = shift ?? 'shift';
  const scaled = {
    single: `v_add(v_high(v_add(${acc}, ${acc}), multiplier, 0), offset)`,
    positive: `v_add(v_high(v_add(${acc}, ${acc}), multiplier, HALF32), offset)`,
    double: `v_add(v_high(v_add(${acc}, ${acc}), multiplier, HALF32), v_add(v_right(${acc}, 31), offset))`,
    mixed: `v_add(v_high(v_mul(${acc}, factor), multiplier, HALF32), v_add(v_and(v_right(${acc}, 31), sign), offset))`,
  }[form];
  return `v_store(${target}, v_right(${scaled}, ${by}), ${low}, ${high});`;
}
