import type { Node } from '@ghostc/ir';

const product = (dims: readonly unknown[]): number => dims.reduce<number>((p, dim) => p * Number(dim), 1);
const shape = (node: Node, index: number): readonly unknown[] => node.inputs[index]?.type.shape ?? [];
const inner = (node: Node): number => product(shape(node, 1).slice(1));
const reduced = (node: Node): number =>
  product(shape(node, 0)) / Math.max(1, product(node.output.type.shape));

/** Units in the last place of float32 that the tests of WebNN allow an op, by its name here. */
const rules: Readonly<Record<string, (node: Node) => number>> = {
  add: () => 1,
  average_pool: (node) => product((node.attrs.kernel_shape ?? []) as number[]) + 2,
  batch_norm: () => 6,
  conv2d: (node) => 2 * inner(node),
  depthwise_conv2d: (node) => 2 * inner(node),
  div: () => 2,
  elu: () => 18,
  exp: () => 32,
  fully_connected: (node) => 2 * inner(node) + 3,
  gemm: (node) => 2 * Number(shape(node, 0).at(-1) ?? 1) + 3,
  global_average_pool: (node) => product(shape(node, 0).slice(2)) + 2,
  hard_sigmoid: () => 2,
  hard_swish: () => 4,
  leaky_relu: () => 1,
  log: () => 10,
  matmul: (node) => 2 * Number(shape(node, 0).at(-1) ?? 1),
  mul: () => 1,
  pow: () => 32,
  prelu: () => 1,
  reciprocal: () => 2,
  reduce_mean: (node) => reduced(node) + 2,
  reduce_prod: reduced,
  reduce_sum: reduced,
  sigmoid: () => 34,
  softmax: (node) => 3 * Number(shape(node, 0).at(-1) ?? 1) + 3,
  softplus: () => 18,
  sqrt: () => 1,
  sub: () => 1,
  tanh: () => 16,
};

/** What WebNN's conformance tests would allow a model of this one op, in ulp; 0 for exact ops, undefined where they say nothing. */
export function webnnUlp(node: Node, exact: boolean): number | undefined {
  return exact ? 0 : rules[node.op]?.(node);
}

/** How many float32 numbers lie between two; Infinity where one is not finite. */
export function ulpDistance(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
  const order = (value: number): number => {
    const bits = new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
    return bits < 0 ? -(bits & 0x7fffffff) : bits;
  };
  return Math.abs(order(a) - order(b));
}
