import { CompileError, entryOf, itemAt, type Value } from '@ghostc/ir';
import { Formulas } from './formulas.ts';
import type { NodeReader, ReadOp } from './node-reader.ts';
import { opTable } from './op-table.ts';
import { readAsStandard } from './standard-op.ts';

/** Ops that ONNX Runtime's optimiser writes (domain com.microsoft), as the ops that it fused. */
export const fusedRows: readonly (readonly [string, ReadOp])[] = [
  ['BiasGelu', (node) => node.emit('gelu', [biased(node)])],
  ['DynamicQuantizeLSTM', readDynamicQuantizeLstm],
  ['DynamicQuantizeMatMul', readDynamicQuantizeMatMul],
  ['FastGelu', (node) => node.emit('gelu_tanh', [node.has(1) ? biased(node) : node.input(0)])],
  ['FusedConv', readFusedConv],
  ['FusedGemm', (node) => activated(node, readAsStandard('Gemm', node))],
  ['FusedMatMul', readFusedMatMul],
  ['Gelu', (node) => node.emit('gelu', [node.input(0)])],
  ['MatMulIntegerToFloat', readMatMulIntegerToFloat],
  ['QuickGelu', readQuickGelu],
  ['SkipLayerNormalization', readSkipLayerNormalization],
];

function biased(node: NodeReader): Value {
  return node.emit('add', [node.input(0), node.input(1)]);
}

/** x sigmoid(alpha x). */
function readQuickGelu(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  return f.mul(x, f.emit('sigmoid', [f.mul(x, node.float('alpha', 1.702))]));
}

/** act(conv(x) + z). */
function readFusedConv(node: NodeReader): Value {
  const sum = readAsStandard('Conv', node);
  return activated(node, node.has(3) ? node.emit('add', [sum, node.input(3)]) : sum);
}

/** The activation's attributes are a list here; in FusedGemm they are separately named numbers. */
function activated(node: NodeReader, x: Value): Value {
  const name = node.text('activation', '');
  const [alpha, beta] = node.floats('activation_params') ?? [
    node.hasAttribute('activation_alpha') ? node.float('activation_alpha', 0) : undefined,
    node.hasAttribute('activation_beta') ? node.float('activation_beta', 0) : undefined,
  ];
  const plain: Readonly<Record<string, string>> = { Relu: 'relu', Sigmoid: 'sigmoid', Tanh: 'tanh' };
  if (name === '') return x;
  if (plain[name]) return node.emit(plain[name], [x]);
  if (name === 'LeakyRelu') return node.emit('leaky_relu', [x], { alpha: alpha ?? Math.fround(0.01) });
  if (name === 'Clip') return node.emit('clip', [x], { min: alpha ?? -Infinity, max: beta ?? Infinity });
  if (name === 'HardSigmoid')
    return node.emit('hard_sigmoid', [x], { alpha: alpha ?? Math.fround(0.2), beta: beta ?? 0.5 });
  throw new CompileError('onnx/unsupported', `${node.op} with the activation ${name} is not supported`);
}

/** alpha a b, each with its axes in another order if requested. */
function readFusedMatMul(node: NodeReader): Value {
  const operands = [matrices(node, 0, 'A'), matrices(node, 1, 'B')];
  const product = readAsStandard('MatMul', node.withInputs(operands));
  const alpha = node.float('alpha', 1);
  return alpha === 1 ? product : new Formulas(node).mul(product, alpha);
}

/** transBatch: the rows are the first axis, before those of the batch. trans: the last two axes, after that, are exchanged. */
function matrices(node: NodeReader, index: number, name: 'A' | 'B'): Value {
  const x = node.input(index);
  const axes = [...x.type.shape.keys()];
  const [first = 0, ...rest] = axes;
  const order = node.int(`transBatch${name}`, 0) ? [...rest.slice(0, -1), first, ...rest.slice(-1)] : axes;
  const perm = node.int(`trans${name}`, 0) ? [...order.slice(0, -2), ...order.slice(-2).reverse()] : order;
  return perm.every((axis, i) => axis === i) ? x : node.emit('transpose', [x], { perm });
}

/** a, b, their scales, their zero points, then a bias: of b each may be one for a column. */
function readMatMulIntegerToFloat(node: NodeReader): Value {
  const [a, b] = [
    { values: node.input(0), scale: node.input(2), zero: node.optional(4) },
    { values: node.input(1), scale: node.input(3), zero: node.optional(5) },
  ];
  return realProduct(node, a, b, node.optional(6));
}

/** a, which is quantised by its range, then b, its scale and zero point, and a bias. */
function readDynamicQuantizeMatMul(node: NodeReader): Value {
  const a = [entryOf(opTable, 'DynamicQuantizeLinear')(node.withInputs([node.input(0)]))].flat();
  const [values, scale, zero] = [itemAt(a, 0), itemAt(a, 1), itemAt(a, 2)];
  const b = { values: node.input(1), scale: node.input(2), zero: node.optional(3) };
  return realProduct(node, { values, scale, zero }, b, node.optional(4));
}

interface Integers {
  readonly values: Value;
  readonly scale: Value;
  readonly zero: Value | null;
}

/** The product of integers, as real numbers. */
function realProduct(node: NodeReader, a: Integers, b: Integers, bias: Value | null): Value {
  const f = new Formulas(node);
  const operands = node.withInputs([a.values, b.values, a.zero, b.zero]);
  const sums = f.cast(readAsStandard('MatMulInteger', operands), a.scale.type.dtype);
  const product = f.mul(sums, f.mul(a.scale, b.scale));
  return bias ? f.add(product, bias) : product;
}

/**
 * Inputs as of LSTM, with weights of 8 bits, each direction [I,4H], then scale and zero point of W and of R, one or 4H for a
 * direction. Activations stay float, which ONNX Runtime rounds to 8 bits on the way.
 */
function readDynamicQuantizeLstm(node: NodeReader): readonly Value[] {
  const f = new Formulas(node);
  const weight = (index: number, scale: number): Value => {
    const [given, zero] = [f.cast(node.input(index), 'f32'), f.cast(node.input(scale + 1), 'f32')];
    const aligned = (value: Value): Value => f.reshape(value, [Number(value.type.shape[0] ?? 1), 1, -1]);
    const real = f.mul(f.sub(given, aligned(zero)), aligned(node.input(scale)));
    return f.emit('transpose', [real], { perm: [0, 2, 1] });
  };
  const rest = [3, 4, 5, 6, 7].map((index) => node.optional(index));
  const plain = node.withInputs([node.input(0), weight(1, 8), weight(2, 10), ...rest]);
  return [entryOf(opTable, 'LSTM')(plain)].flat();
}

/** layer_norm(x + skip + bias) gamma + beta; the fourth output is the sum. */
function readSkipLayerNormalization(node: NodeReader): readonly Value[] {
  const f = new Formulas(node);
  const sum = f.add(node.input(0), node.input(1));
  const x = node.has(4) ? f.add(sum, node.input(4)) : sum;
  const { y, mean, inverse } = f.normalize(x, [x.type.shape.length - 1], node.float('epsilon', 1e-12));
  const scaled = f.mul(y, node.input(2));
  return [node.has(3) ? f.add(scaled, node.input(3)) : scaled, mean, inverse, x];
}
