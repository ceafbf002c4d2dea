import type { Step } from './bound-step.ts';

/** Relative error in units of the roundoff, and an absolute one: what a library function may be off by. */
interface Accuracy {
  readonly relative: (x: number) => number;
  /** In units of 2^-22 for float32, and as much more as the type is coarser. */
  readonly absolute: (x: number) => number;
}

const none = (): number => 0;
const few = (): number => 16;
const one = (): number => 1;

/**
 * The accuracy that WGSL asks of its functions (exp: 3 + 2|x| ulp; log: 3 ulp, or 2^-21 within [1/2, 2]; sqrt, reciprocal:
 * some ulp), which C libraries and ONNX Runtime stay within; saturating functions have an absolute error besides.
 */
const accuracies: Readonly<Record<string, Accuracy>> = {
  exp: { relative: (x) => 8 + 4 * Math.abs(x), absolute: none },
  log: { relative: () => 8, absolute: (x) => (x >= 0.5 && x <= 2 ? 2 : 0) },
  sqrt: { relative: () => 8, absolute: none },
  reciprocal: { relative: () => 5, absolute: none },
  hard_sigmoid: { relative: () => 4, absolute: one },
  // x (x/6 + 1/2): the second factor is near 0 where both parts are rounded
  hard_swish: { relative: () => 8, absolute: (x) => Math.abs(x) },
  leaky_relu: { relative: () => 2, absolute: none },
  silu: { relative: few, absolute: (x) => Math.abs(x) },
};

/** sigmoid, tanh, erf, elu, softplus. */
const saturating: Accuracy = { relative: few, absolute: one };

/** The error that an op of one operand adds at x, where its exact value is y. */
export function functionError({ node, attrs }: Step, x: number, y: number, unit: number): number {
  const { relative, absolute } = accuracies[node.op] ?? saturating;
  const scale = Math.max(1, Math.abs(Number(attrs.alpha ?? 1)));
  return unit * relative(x) * Math.abs(y) + 4 * unit * scale * absolute(x);
}
