import { type RequantPlan, requantTerms } from '../requant-plan.ts';

/**
 * Declarations of a channel's constants from its row of the table; `given`: a variable `offset` is already
 * declared. `row`: suffix of their names, for channels that are computed together.
 */
export function requantConstants(
  plan: RequantPlan,
  q: string,
  { offset, row = '' }: { readonly offset?: 'given'; readonly row?: string } = {},
): string[] {
  const terms = requantTerms(plan, q);
  return [
    `const int32_t bias${row} = ${q}[0], shift${row} = -${terms.shift};`,
    `int32x4_t multiplier${row} = vdupq_n_s32(${q}[1]);`,
    `HOLD(multiplier${row});`,
    ...(offset ? [] : [`const int32_t offset${row} = ${terms.offset};`]),
    ...(plan.form === 'mixed' ? [`const int32_t factor${row} = ${q}[4] / 2, sign${row} = ${q}[5];`] : []),
  ];
}

/** C expression: four outputs from the vector `acc` (bias included). */
export function requantVector({ form, clamp: [low, high] }: RequantPlan, acc: string, row = ''): string {
  const scaled =
    form === 'mixed'
      ? `scale4_mixed(vmulq_n_s32(${acc}, factor${row}), multiplier${row}, offset${row}, shift${row}, sign${row})`
      : `scale4_${form}(${acc}, multiplier${row}, offset${row}, shift${row})`;
  return low === -128 && high === 127 ? `saturate4(${scaled})` : `limit4(${scaled}, ${low}, ${high})`;
}

/** Stores the low bytes of the first `count` lanes. */
export function storeLanes(target: string, vector: string, count: number): string {
  return count === 4
    ? `vstrbq_s32(${target}, ${vector});`
    : `vstrbq_p_s32(${target}, ${vector}, vctp32q(${count}));`;
}
