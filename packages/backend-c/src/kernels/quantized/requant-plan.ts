import { type FixedMultiplier, type Rounding, scaleBy } from '@ghostc/ops';
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
 * `[bias, multiplier, (offset), (shift), (factor, sign)]` per channel.
 *
 * TFLite's double rounding of r = acc * m * 2^-31 * 2^-e, then + z, is for e >= 1
 *   t = (2 acc m + 2^31) >> 32;  y = (t + (acc >> 31) + (2^(e-1) + z 2^e)) >> e
 * with the sign of acc for that of t (they differ only at t = 0, where both give z); `offset` is the last term. Single
 * rounding drops the first rounding and the sign. `positive` is double rounding where negative sums all give the lowest
 * output, as before a ReLU: it drops the sign. `mixed` serves layers with e = 0 or left shifts in some channels:
 * `factor` is 2 << left, `sign` masks the sign where e = 0.
 */
export interface RequantPlan {
  readonly form: 'double' | 'positive' | 'single' | 'mixed';
  /** The right shift, if it is the same for all channels: it is an immediate then and not in the table. */
  readonly shift: number | null;
  /** 2 z + 1 if the offset is (2 z + 1) 2^(e-1) in all channels: it is computed then and not in the table. */
  readonly zero: number | null;
  /** Words per channel. */
  readonly words: number;
  readonly table: Int32Array;
  readonly clamp: readonly [number, number];
}

/** Beyond this right shift the offset leaves int32. */
const MAX_SHIFT = 22;

/** The plan, or null where an intermediate result could leave int32. */
export function requantPlan(to: Requantization, sums: RawAccumulators): RequantPlan | null {
  const channels = to.fixed.map((fixed, m) => channelOf(to, fixed, sumOf(sums, m)));
  if (!channels.every(fits)) return null;
  const rightForm = to.rounding === 'double' && to.clamp[0] >= to.zeroPoint ? 'positive' : to.rounding;
  const form = channels.every(({ fixed }) => fixed.shift < 0) ? rightForm : 'mixed';
  if (form === 'mixed' && to.rounding === 'single' && channels.some(({ fixed }) => fixed.shift < 0))
    return null;
  const first = channels[0]?.fixed.shift ?? 0;
  const uniform = form !== 'mixed' && channels.every(({ fixed }) => fixed.shift === first);
  const computed = form !== 'mixed' && channels.every(({ add }) => add === to.zeroPoint);
  const rows = channels.map((channel) => tableRow(channel, { form, uniform, computed }));
  return {
    form,
    shift: uniform ? -first : null,
    zero: computed ? 2 * to.zeroPoint + 1 : null,
    words: rows[0]?.length ?? 0,
    table: Int32Array.from(rows.flat()),
    clamp: to.clamp,
  };
}

/** A channel's sums start with `bias` and end at most `reach` away from it. */
interface Sum {
  readonly bias: number;
  readonly reach: number;
}

function sumOf({ bias, bound }: RawAccumulators, m: number): Sum {
  const start = bias[m] ?? 0;
  return { bias: start, reach: (bound[m] ?? 0) - Math.abs(start) };
}

interface Channel extends Sum {
  readonly fixed: FixedMultiplier;
  /** Added to the scaled sum. */
  readonly add: number;
}

/**
 * A channel whose output is the same for all sums (with tiny weights, scales and shifts are extreme) is
 * replaced by its offset: multiplier and bias are 0.
 */
function channelOf(to: Requantization, fixed: FixedMultiplier, sum: Sum): Channel {
  const { bias, reach } = sum;
  const [low, high] = [bias - reach, bias + reach].map((acc) => outputOf(to, fixed, acc));
  if (low === undefined || low !== high) return { ...sum, fixed, add: to.zeroPoint };
  return { bias: 0, reach, fixed: { multiplier: 0, shift: -1 }, add: low };
}

function outputOf(
  { rounding, zeroPoint, clamp }: Requantization,
  fixed: FixedMultiplier,
  acc: number,
): number {
  return Math.min(Math.max(scaleBy(acc, fixed, rounding) + zeroPoint, clamp[0]), clamp[1]);
}

function fits({ fixed: { shift }, bias, reach, add }: Channel): boolean {
  const left = Math.max(shift, 0);
  const right = Math.max(-shift, 0);
  const bound = (Math.abs(bias) + reach) * 2 ** left;
  const sum = bound + (Math.abs(add) + 1) * 2 ** right;
  return right <= MAX_SHIFT && left <= 20 && 2 * bound < 2 ** 31 - 1 && sum < 2 ** 31 - 1;
}

interface Columns {
  readonly form: RequantPlan['form'];
  /** No column of shifts. */
  readonly uniform: boolean;
  /** No column of offsets. */
  readonly computed: boolean;
}

function tableRow({ fixed, bias, add }: Channel, { form, uniform, computed }: Columns): number[] {
  const { multiplier, shift } = fixed;
  const right = Math.max(-shift, 0);
  const half = right > 0 ? 2 ** (right - 1) : 0;
  const row = [bias, multiplier, ...(computed ? [] : [add * 2 ** right + half])];
  if (form === 'mixed') return [...row, right, 2 ** (Math.max(shift, 0) + 1), right > 0 ? -1 : 0];
  return uniform ? row : [...row, right];
}

/** C expressions for the right shift and the offset of a channel, whose row of the table is `q`. */
export function requantTerms({ shift, zero }: RequantPlan, q: string): { shift: string; offset: string } {
  if (zero === null) return { shift: shift === null ? `${q}[3]` : String(shift), offset: `${q}[2]` };
  if (shift !== null) return { shift: String(shift), offset: String(zero * 2 ** (shift - 1)) };
  return { shift: `${q}[2]`, offset: `${zero} * (1 << (${q}[2] - 1))` };
}
