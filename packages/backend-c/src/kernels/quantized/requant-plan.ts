import type { FixedMultiplier, Rounding } from '@ghostc/ops';
import type { RawAccumulators } from './accumulators.ts';

/** From int32 accumulators to int8 outputs, one multiplier per output channel. */
export interface Requantization {
  readonly fixed: readonly FixedMultiplier[];
  readonly rounding: Rounding;
  readonly zeroPoint: number;
  readonly clamp: readonly [number, number];
}

/**
 * How `(acc * multiplier) >> shift` with its rounding is computed for a layer, and its table of int32 words:
 * `[bias, multiplier, offset, (shift), (factor, sign)]` per channel.
 *
 * TFLite's double rounding of r = acc * m * 2^-31 * 2^-e, then + z, is for e >= 1
 *   t = (2 acc m + 2^31) >> 32;  y = (t + (acc >> 31) + (2^(e-1) + z 2^e)) >> e
 * with the sign of acc for that of t (they differ only at t = 0, where both give z); `offset` is the last term. Single
 * rounding drops the first rounding and the sign. `mixed` serves layers with e = 0 or left shifts in some channels:
 * `factor` is 2 << left, `sign` masks the sign where e = 0.
 */
export interface RequantPlan {
  readonly form: 'double' | 'single' | 'mixed';
  /** The right shift, if it is the same for all channels: it is an immediate then and not in the table. */
  readonly shift: number | null;
  /** Words per channel. */
  readonly words: number;
  readonly table: Int32Array;
  readonly clamp: readonly [number, number];
}

/** Beyond this right shift the offset leaves int32. */
const MAX_SHIFT = 22;

/** The plan, or null where an intermediate result could leave int32. */
export function requantPlan(to: Requantization, accumulators: RawAccumulators): RequantPlan | null {
  const fixed = to.fixed.map((channel, m) => vanishing(channel, accumulators.bound[m] ?? 0) ?? channel);
  if (!fixed.every((channel, m) => fits(channel, accumulators.bound[m] ?? 0, to.zeroPoint))) return null;
  const form = fixed.every(({ shift }) => shift < 0) ? to.rounding : 'mixed';
  if (form === 'mixed' && to.rounding === 'single' && fixed.some(({ shift }) => shift < 0)) return null;
  const first = fixed[0]?.shift ?? 0;
  const uniform = form !== 'mixed' && fixed.every(({ shift }) => shift === first) ? -first : null;
  const rows = fixed.map((channel, m) =>
    tableRow(channel, { bias: accumulators.bias[m] ?? 0, zeroPoint: to.zeroPoint }, form, uniform !== null),
  );
  return {
    form,
    shift: uniform,
    words: rows[0]?.length ?? 0,
    table: Int32Array.from(rows.flat()),
    clamp: to.clamp,
  };
}

/** A channel whose scaled accumulator is always rounded to 0, with a shift that the table can hold. */
function vanishing({ multiplier, shift }: FixedMultiplier, bound: number): FixedMultiplier | null {
  const zero = multiplier === 0 || (shift < -1 && bound + 1 < 2 ** (-shift - 1));
  return zero ? { multiplier: 0, shift: -1 } : null;
}

function fits({ shift }: FixedMultiplier, bound: number, zeroPoint: number): boolean {
  const left = Math.max(shift, 0);
  const right = Math.max(-shift, 0);
  const scaled = bound * 2 ** (left + 1);
  const sum = bound * 2 ** left + (Math.abs(zeroPoint) + 1) * 2 ** right;
  return right <= MAX_SHIFT && left <= 20 && scaled < 2 ** 31 - 1 && sum < 2 ** 31 - 1;
}

function tableRow(
  { multiplier, shift }: FixedMultiplier,
  { bias, zeroPoint }: { readonly bias: number; readonly zeroPoint: number },
  form: RequantPlan['form'],
  uniform: boolean,
): number[] {
  const right = Math.max(-shift, 0);
  const half = right > 0 ? 2 ** (right - 1) : 0;
  const row = [bias, multiplier, zeroPoint * 2 ** right + half];
  if (form === 'mixed') return [...row, right, 2 ** (Math.max(shift, 0) + 1), right > 0 ? -1 : 0];
  return uniform ? row : [...row, right];
}
