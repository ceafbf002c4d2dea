import { type Attrs, dataOf, itemAt, type Node, type Tensor, toNumbers } from '@ghostc/ir';
import { evaluateOp, lookup } from '@ghostc/ops';
import { type Bounded, unitRoundoff } from './bounded.ts';

/** One op while its error is derived. */
export interface Step {
  readonly node: Node;
  /** With defaults filled in. */
  readonly attrs: Attrs;
  readonly inputs: readonly (Bounded | null)[];
}

export type Errors = readonly (Float64Array | null)[];

/** The result of an op: one tensor or more. */
export type Results = ReturnType<typeof evaluateOp>;

/** Quantising is defined on float32. */
function single(tensor: Tensor): Tensor {
  return tensor.dtype === 'f64'
    ? { ...tensor, dtype: 'f32', data: Float32Array.from(dataOf(tensor, 'f64')) }
    : tensor;
}

/** Runs an op on given tensors, with the attributes of the step. */
export function evaluate(
  op: string,
  { attrs }: Pick<Step, 'attrs'>,
  given: readonly (Tensor | null)[],
): Results {
  const inputs = op === 'quantize_linear' ? given.map((tensor) => tensor && single(tensor)) : given;
  return evaluateOp(lookup(op), inputs, attrs);
}

export function unitOf(node: Node): number {
  return unitRoundoff(node.output.type.dtype);
}

export function isExact({ inputs }: Step): boolean {
  return inputs.every((input) => !input?.error);
}

export function everywhere(y: Tensor, error: number): Float64Array {
  return new Float64Array(y.data.length).fill(error);
}

/** The elements of a tensor as they broadcast to y. */
export function spreadTo(y: Tensor): (tensor: Tensor) => ArrayLike<number> {
  return (tensor) => toNumbers(itemAt(evaluate('expand', { attrs: { shape: [...y.shape] } }, [tensor]), 0));
}
