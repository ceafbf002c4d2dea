import type { Attrs, DType } from '@ghostc/ir';
import { epilogue, floats, oneOf } from '../attr-spec.ts';
import { activationFunctions } from './activation-functions.ts';

type ActivationOp = Extract<(typeof activationFunctions)[number], { epilogue: { kind: 'activation' } }>;

/** The functions that a producer can apply to its own output ("epilogue"). */
export const activationOps: readonly ActivationOp[] = activationFunctions.filter(isActivation);

function isActivation(op: (typeof activationFunctions)[number]): op is ActivationOp {
  return op.epilogue.kind === 'activation';
}

/** Name of an activation that a kernel can compute on its sums, or `none`. */
export type ActivationName = 'none' | ActivationOp['name'];
/** Every such name. */
export const activations: readonly ActivationName[] = ['none', ...activationOps.map(({ name }) => name)];

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

/** All activation attributes: each NAME with its NAME_params. */
export function activationsOf(attrs: Attrs): Activation[] {
  const names = Object.keys(attrs).filter((name) => /(activation|gate)$/.test(name));
  return names.map((name) => ({
    activation: attrs[name] as ActivationName,
    activation_params: (attrs[`${name}_params`] ?? []) as readonly number[],
  }));
}

/** The op for an activation; undefined for `none`. */
export function activationOp(activation: string): ActivationOp | undefined {
  return activationOps.find(({ name }) => name === activation);
}

/** The attributes of the op for an activation. */
export function activationOpAttrs({
  activation,
  activation_params,
}: Activation): Readonly<Record<string, number>> {
  const names = activationOp(activation)?.epilogue.params ?? [];
  return Object.fromEntries(names.map((name, i) => [name, activation_params[i] ?? 0]));
}

/** The activation as a function of one number. */
export function activationFunction(activation: Activation): (x: number) => number {
  const op: { formula(x: number, attrs: Attrs): number } | undefined = activationOp(activation.activation);
  if (!op) return (x) => x;
  const attrs = activationOpAttrs(activation);
  return (x) => op.formula(x, attrs);
}

/** Beyond this, numbers round to infinity. */
const overflow: Partial<Readonly<Record<DType, number>>> = { f32: 2 ** 128 - 2 ** 103, f16: 65_520 };

/**
 * `activationFunction` after a sum of a type: a sum outside the type becomes infinite first, as with two
 * separate ops.
 */
export function activationAfter(activation: Activation, dtype: DType): (x: number) => number {
  const act = activationFunction(activation);
  const limit = overflow[dtype];
  if (activation.activation === 'none' || limit === undefined) return act;
  return (x) => act(Math.abs(x) >= limit ? x * Number.POSITIVE_INFINITY : x);
}
