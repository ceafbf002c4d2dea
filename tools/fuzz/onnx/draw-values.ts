import { type DType, fromNumbers, isFloat, numElements, type Tensor } from '@ghostc/ir';
import { integerRange } from '@ghostc/ops';
import type { Random } from '../random.ts';

/** `ties`: halves; `special`: some are NaN, infinite, -0 or the type's extremes; `large`: up to 10^4. */
export const styles = ['plain', 'plain', 'ties', 'special', 'large'] as const;
export type Style = (typeof styles)[number];

/** Seeded values of one style. */
export function drawTensor(
  random: Random,
  { dtype, shape }: { dtype: DType; shape: readonly number[] },
  style: Style,
): Tensor {
  const draw = dtype === 'bool' ? () => random.below(2) : isFloat(dtype) ? drawFloat : drawInteger;
  const values = Array.from({ length: numElements(shape) }, () => draw(random, dtype, style));
  return fromNumbers(dtype, shape, values);
}

const specials = [Number.NaN, Infinity, -Infinity, -0, 0, 1, -1];

function drawFloat(random: Random, _: DType, style: Style): number {
  const unit = (random.below(2 ** 24) / 2 ** 23 - 1) * 3;
  if (style === 'ties') return Math.round(unit * 2) / 2;
  if (style === 'large') return unit * 10 ** (random.below(5) - 1);
  return style === 'special' && random.below(4) === 0 ? random.pick(specials) : unit;
}

function drawInteger(random: Random, dtype: DType, style: Style): number {
  const [low, high] = integerRange(dtype);
  const wide = style === 'special' || dtype === 'i8' || dtype === 'u8';
  const near = wide && dtype !== 'i64' && dtype !== 'u64' ? [low, high] : [-9, 9];
  const [from, to] = [Math.max(low, near[0] ?? 0), Math.min(high, near[1] ?? 0)];
  return from + random.below(to - from + 1);
}
