import type { Attrs, Value } from '@ghostc/ir';
import { AddOptions } from '../generated/add-options.ts';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { DivOptions } from '../generated/div-options.ts';
import { LeakyReluOptions } from '../generated/leaky-relu-options.ts';
import { MulOptions } from '../generated/mul-options.ts';
import { SubOptions } from '../generated/sub-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { type Layout, permuteTensor } from '../tensor-table.ts';
import { activationAttributes } from './fused-activation.ts';

/** An operator of one input that maps element by element. */
export const readUnary =
  (op: string, attrs: Attrs = {}) =>
  (node: OperatorReader): void => {
    const layout = node.preferredLayout();
    node.setOutput(node.emit(op, [node.input(0, layout)], attrs), layout);
  };

export function readLeakyRelu(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.LeakyReluOptions, new LeakyReluOptions());
  readUnary('leaky_relu', { alpha: options.alpha() })(node);
}

/** x * x. */
export function readSquare(node: OperatorReader): void {
  const layout = node.preferredLayout();
  const x = node.input(0, layout);
  node.setOutput(node.emit('mul', [x, x]), layout);
}

/** 1 / sqrt(x). */
export function readRsqrt(node: OperatorReader): void {
  const layout = node.preferredLayout();
  node.setOutput(node.emit('reciprocal', [node.emit('sqrt', [node.input(0, layout)])]), layout);
}

const arithmeticOptions = {
  add: (node: OperatorReader) => node.optionalOptions(BuiltinOptions.AddOptions, new AddOptions()),
  sub: (node: OperatorReader) => node.optionalOptions(BuiltinOptions.SubOptions, new SubOptions()),
  mul: (node: OperatorReader) => node.optionalOptions(BuiltinOptions.MulOptions, new MulOptions()),
  div: (node: OperatorReader) => node.optionalOptions(BuiltinOptions.DivOptions, new DivOptions()),
};

/** ADD, SUB, MUL, DIV with NumPy broadcasting and a fused activation. */
export const readArithmetic =
  (op: keyof typeof arithmeticOptions) =>
  (node: OperatorReader): void => {
    const kind = arithmeticOptions[op](node)?.fusedActivationFunction() ?? 0;
    readBinary(op, activationAttributes(kind))(node);
  };

/** An operator of two inputs with NumPy broadcasting. */
export const readBinary =
  (op: string, attrs: Attrs = {}) =>
  (node: OperatorReader): void => {
    const layout = node.preferredLayout();
    const operands = [0, 1].map((i) => broadcastOperand(node, i, layout));
    node.setOutput(node.emit(op, operands, attrs), layout);
  };

/** An operand that broadcasts to the output: in NCHW one of lower rank gets its leading axes first. */
export function broadcastOperand(node: OperatorReader, i: number, layout: Layout): Value {
  const { name, shape } = node.inputTensor(i);
  if (layout === 'plain' || shape.length === 4) return node.input(i, layout);
  if (shape.length <= 1 && (shape[0] ?? 1) === 1) return node.input(i, 'plain');
  const full = [...new Array<number>(4 - shape.length).fill(1), ...shape];
  const constant = node.constant(i);
  if (constant && !constant.quant?.axis)
    return node.table.graph.addConstant(name, permuteTensor({ ...constant, shape: full }, [0, 3, 1, 2]));
  const image = node.emit('reshape', [node.input(i, 'plain')], { shape: full });
  return node.table.permuted(image, [0, 3, 1, 2]);
}
