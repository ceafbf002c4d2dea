import type { Activation } from '../activation.ts';

/** Scale, zero point and limits of a quantised output. */
interface ClampTarget {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Bounds [lo, hi] in the quantised domain of an activation that clamps: relu from the zero point up, clip between its
 * quantised ends, none the whole type. undefined for an activation that is no clamp.
 */
export function activationClamp(
  { activation, activation_params: [min = 0, max = 0] }: Activation,
  { scale, zeroPoint, low, high }: ClampTarget,
): readonly [number, number] | undefined {
  const level = (real: number): number => Math.min(high, Math.max(low, Math.round(real / scale) + zeroPoint));
  if (activation === 'none') return [low, high];
  if (activation === 'relu') return [Math.max(low, zeroPoint), high];
  return activation === 'clip' ? [level(min), level(max)] : undefined;
}
