import { type RequantPlan, requantTerms } from './requant-plan.ts';

/** Where one channel's accumulators go. */
interface Stores {
  /** C expression: the channel's row of the table. */
  readonly q: string;
  /** Names of the accumulators. */
  readonly accumulators: readonly string[];
  /** C lvalue for the output of accumulator i. */
  readonly target: (i: number) => string;
  /** `given`: a variable `offset` has the channel's offset. Absent: it is made here. */
  readonly offset?: 'given';
}

/** Requantises accumulators of one channel and stores them, in a separate scope. */
export function requantStores(plan: RequantPlan, { q, accumulators, target, ...given }: Stores): string[] {
  const { shift, offset } = requantTerms(plan, 'qm');
  return [
    '{',
    `const int32_t *const qm = ${q};`,
    `const int32_t multiplier = qm[1]${given.offset ? '' : `, offset = ${offset}`};`,
    ...(plan.shift === null ? [`const int32_t shift = ${shift};`] : []),
    ...(plan.form === 'mixed' ? ['const int32_t factor = qm[4], sign = qm[5];'] : []),
    ...accumulators.map((acc, i) => `${target(i)} = (int8_t)${limited(plan, scaled(plan, acc))};`),
    '}',
  ];
}

/** The accumulator times the channel's multiplier plus zero point, before the limits. */
function scaled({ form, shift }: RequantPlan, acc: string): string {
  const by = shift ?? 'shift';
  if (form === 'single') return `high_product(${acc} * 2, multiplier, offset) >> ${by}`;
  if (form === 'positive') return `high_product_rounded(${acc} * 2, multiplier, offset) >> ${by}`;
  if (form === 'double')
    return `high_product_rounded(${acc} * 2, multiplier, offset + (${acc} >> 31)) >> ${by}`;
  return `high_product_rounded(${acc} * factor, multiplier, offset + ((${acc} >> 31) & sign)) >> ${by}`;
}

function limited({ clamp: [low, high] }: RequantPlan, value: string): string {
  return low === -128 && high === 127 ? `saturate8(${value})` : `limit(${value}, ${low}, ${high})`;
}
