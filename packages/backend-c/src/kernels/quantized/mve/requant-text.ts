import { type RequantPlan, requantTerms } from '../requant-plan.ts';

/** Declarations of a channel's constants from its row of the table; `given`: a variable `offset` is there already. */
export function requantConstants(plan: RequantPlan, q: string, offset?: 'given'): string[] {
  const terms = requantTerms(plan, q);
  return [
    `const int32_t bias = ${q}[0], multiplier = ${q}[1], shift = -${terms.shift};`,
    ...(offset ? [] : [`const int32_t offset = ${terms.offset};`]),
    ...(plan.form === 'mixed' ? [`const int32_t factor = ${q}[4] / 2, sign = ${q}[5];`] : []),
  ];
}

/** C expression: four outputs from the vector `acc` (bias included). */
export function requantVector({ form, clamp: [low, high] }: RequantPlan, acc: string): string {
  const scaled =
    form === 'mixed'
      ? `scale4_mixed(vmulq_n_s32(${acc}, factor), multiplier, offset, shift, sign)`
      : `scale4_${form}(${acc}, multiplier, offset, shift)`;
  return `limit4(${scaled}, ${low}, ${high})`;
}

/** Stores the low bytes of the first `count` lanes. */
export function storeLanes(target: string, vector: string, count: number): string {
  return count === 4
    ? `vstrbq_s32(${target}, ${vector});`
    : `vstrbq_p_s32(${target}, ${vector}, vctp32q(${count}));`;
}
