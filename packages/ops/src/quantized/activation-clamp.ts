import type { Attrs, QuantParams } from '@ghostc/ir';
import type { Activation } from '../elementwise/activation.ts';
import { integerRange } from '../integer-range.ts';
import type { ActivationType } from './quantized-type.ts';

/**
 * `clamp` of a requantised output for an activation that clamps: relu from the zero point up, clip between
 * its quantised bounds; omitted if it is the whole type. undefined for any other activation.
 */
export function clampAttrs(
  activation: Activation,
  quant: QuantParams,
  dtype: ActivationType,
): Attrs | undefined {
  const [low, high] = integerRange(dtype);
  const bounds = clampBounds(activation, quant, [low, high]);
  if (!bounds) return undefined;
  return bounds[0] === low && bounds[1] === high ? {} : { clamp: bounds };
}

function clampBounds(
  { activation, activation_params: [min = 0, max = 0] }: Activation,
  { scale: [scale = 1], zeroPoint: [zero = 0] }: QuantParams,
  [low, high]: readonly [number, number],
): readonly [number, number] | undefined {
  const level = (real: number): number => Math.min(high, Math.max(low, Math.round(real / scale) + zero));
  if (activation === 'none') return [low, high];
  if (activation === 'relu') return [Math.max(low, zero), high];
  return activation === 'clip' ? [level(min), level(max)] : undefined;
}
