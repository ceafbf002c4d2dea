import type { Attrs, DType } from '@ghostc/ir';
import { epilogue, floats, oneOf } from '../attr-spec.ts';

/** Activations that a producer can apply to its own output ("epilogue"). */
export const activations = [
  'none',
  'relu',
  'clip',
  'hard_sigmoid',
  'hard_swish',
  'sigmoid',
  'tanh',
  'leaky_relu',
  'silu',
] as const;
/** Name of an activation that a kernel can compute on its sums, or `none`. */
export type ActivationName = (typeof activations)[number];

/** Attributes of an op with a fused activation. Parameters: clip [min, max]; hard_sigmoid [alpha, beta]; leaky_relu [alpha]. */
export const activationAttrs = {
  activation: epilogue(oneOf(activations, 'none')),
  activation_params: floats([]),
} as const;

/** A fused activation and its one or two parameters (alpha and beta, or the limits of clip). */
export interface Activation {
  readonly activation: ActivationName;
  readonly activation_params: readonly number[];
}

/** The activation as an op of its own: its attributes. */
export function activationOpAttrs({ activation, activation_params: [a = 0, b = 0] }: Activation): Attrs {
  if (activation === 'clip') return { min: a, max: b };
  if (activation === 'hard_sigmoid') return { alpha: a, beta: b };
  return activation === 'leaky_relu' ? { alpha: a } : {};
}

/** The activation as a function of one number. */
export function activationFunction({
  activation,
  activation_params: [a = 0, b = 0],
}: Activation): (x: number) => number {
  return {
    none: (x: number) => x,
    relu: (x: number) => (x < 0 ? 0 : x),
    clip: (x: number) => (x < a ? a : x > b ? b : x),
    hard_sigmoid: (x: number) => clampUnit(a * x + b),
    hard_swish: (x: number) => x * clampUnit(x / 6 + 0.5),
    sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
    leaky_relu: (x: number) => (x < 0 ? a * x : x),
    silu: (x: number) => x / (1 + Math.exp(-x)),
  }[activation];
}

/** From here on numbers round to infinity. */
const overflow: Partial<Readonly<Record<DType, number>>> = { f32: 2 ** 128 - 2 ** 103, f16: 65_520 };

/** `activationFunction` after a sum of a type: a sum that the type cannot hold is infinite there, as where the two are apart. */
export function activationAfter(activation: Activation, dtype: DType): (x: number) => number {
  const act = activationFunction(activation);
  const limit = overflow[dtype];
  if (activation.activation === 'none' || limit === undefined) return act;
  return (x) => act(Math.abs(x) >= limit ? x * Number.POSITIVE_INFINITY : x);
}

function clampUnit(x: number): number {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}
