import type { Node, Value } from '@ghostc/ir';

/** Roundings besides those of the sum: the product, the bias, weights that were scaled when a factor was folded in. */
const OVERHEAD = 6;

function dims(value: Value | null | undefined): number[] {
  return (value?.type.shape ?? []).map(Number);
}

const product = (sizes: readonly number[]): number => sizes.reduce((p, size) => p * size, 1);

/** Weights of one output channel. */
const inner = (value: Value | null | undefined): number => product(dims(value).slice(1));

/** Terms of one output element of a sum of products, from the shapes. */
const terms: Readonly<Record<string, (node: Node) => number>> = {
  add: () => 1,
  sub: () => 1,
  mul: () => 1,
  prelu: () => 1,
  average_pool: ({ attrs }) => product((attrs.kernel_shape ?? []) as number[]) + 2,
  conv2d: ({ inputs }) => inner(inputs[1]) + OVERHEAD,
  depthwise_conv2d: ({ inputs }) => inner(inputs[1]) + OVERHEAD,
  fully_connected: ({ inputs }) => inner(inputs[1]) + OVERHEAD,
  fused_ghost_module: ({ inputs }) => inner(inputs[1]) + inner(inputs[3]) + 3 * OVERHEAD,
  gemm: (node) =>
    (node.attrs.trans_a ? (dims(node.inputs[0])[0] ?? 1) : (dims(node.inputs[0])[1] ?? 1)) + OVERHEAD,
  ghost_module: ({ inputs }) => inner(inputs[1]) + inner(inputs[3]) + 2 * OVERHEAD,
  global_average_pool: ({ inputs }) => product(dims(inputs[0]).slice(2)) + 2,
  matmul: ({ inputs }) => (dims(inputs[0]).at(-1) ?? 1) + OVERHEAD,
  resize: ({ inputs }) => 4 * 2 ** dims(inputs[0]).length,
};

/** n of gamma_n: how many roundings lie on the way of one term into the result. */
export function termsOf(node: Node): number {
  const known = terms[node.op];
  if (known) return known(node);
  const [x, y] = [dims(node.inputs[0]), dims(node.output)];
  return Math.max(1, product(x) / Math.max(1, product(y))) + 2;
}
