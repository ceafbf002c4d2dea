import type { DType, Node } from '@ghostc/ir';

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

/** Stored fraction bits and smallest exponent of the types that ulp are counted in. */
const formats: Partial<Readonly<Record<DType, { fraction: number; smallest: number }>>> = {
  f32: { fraction: 23, smallest: -126 },
  f16: { fraction: 10, smallest: -14 },
  bf16: { fraction: 7, smallest: -126 },
};

/** How many numbers of the type lie between two; Infinity where one is not finite, NaN for types that have no unit here. */
export function ulpDistance(a: number, b: number, dtype: DType = 'f32'): number {
  if (Object.is(a, b) || a === b) return 0;
  const format = formats[dtype];
  if (!format) return Number.NaN;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
  return Math.abs(place(a, format) - place(b, format));
}

/** The place of a number among all of its type, 0 for zero: the bits of its magnitude, under its sign. */
function place(value: number, { fraction, smallest }: { fraction: number; smallest: number }): number {
  const size = Math.abs(value);
  const exponent = Math.max(smallest, Math.floor(Math.log2(size)));
  // log2 rounds up just below a power of two, which puts the number on the same place from the other side
  return Math.sign(value) * ((exponent - smallest + size / 2 ** exponent) * 2 ** fraction);
}
