import { type Attrs, CompileError, isFloat, type Value } from '@ghostc/ir';
import {
  activationFunction,
  clampTable,
  leakyReluTable,
  lookupTable,
  type ReferenceTable,
} from '@ghostc/ops';
import { ActivationFunctionType } from '../generated/activation-function-type.ts';
import { AddOptions } from '../generated/add-options.ts';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { DivOptions } from '../generated/div-options.ts';
import { GeluOptions } from '../generated/gelu-options.ts';
import { LeakyReluOptions } from '../generated/leaky-relu-options.ts';
import { LocalResponseNormalizationOptions } from '../generated/local-response-normalization-options.ts';
import { MulOptions } from '../generated/mul-options.ts';
import { SubOptions } from '../generated/sub-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { type AxisOrder, permuteTensor } from '../tensor-table.ts';
import { imageShape } from './convolution.ts';
import { activated } from './fused-activation.ts';
import { inReals } from './in-reals.ts';
import { isQuantized, lookedUp, quantizedRange, requantized } from './quantized-output.ts';

/** An operator of one input that maps element by element; on 8 bits by the table of TFLite's kernel, if there is one. */
export const readUnary =
  (op: string, attrs: Attrs = {}, table?: ReferenceTable) =>
  (given: OperatorReader): void => {
    const tabled = table && given.inputTensor(0).type !== 'INT16' && isQuantized(given);
    const node = tabled ? given : inReals(given);
    const order = node.preferredOrder();
    const x = node.input(0, order);
    node.setOutput(tabled ? lookedUp(node, x, table) : node.emit(op, [x], attrs), order);
  };

/** RELU and its like: real numbers limited to a range. */
export const readClip =
  (op: string, range: readonly [number, number]) =>
  (node: OperatorReader): void => {
    const table: ReferenceTable = (x, y) => clampTable(quantizedRange(y, range))(x, y);
    readUnary(op, op === 'clip' ? { min: range[0], max: range[1] } : {}, table)(node);
  };

/** A table of `formula` in float32, for operators whose kernels use one. */
export const floatTable =
  (formula: (real: number) => number): ReferenceTable =>
  (x, y) =>
    lookupTable(x, y, formula);

export function readLeakyRelu(node: OperatorReader): void {
  const alpha = node.options(BuiltinOptions.LeakyReluOptions, new LeakyReluOptions()).alpha();
  readUnary('leaky_relu', { alpha }, leakyReluTable(alpha))(node);
}

/** x * x. */
export function readSquare(node: OperatorReader): void {
  const order = node.preferredOrder();
  const x = node.input(0, order);
  node.setOutput(node.emit('mul', [x, x]), order);
}

/** 1 / sqrt(x). */
export function readRsqrt(node: OperatorReader): void {
  const order = node.preferredOrder();
  node.setOutput(node.emit('reciprocal', [node.emit('sqrt', [node.input(0, order)])]), order);
}

const arithmeticOptions = {
  add: (node: OperatorReader) => node.optionalOptions(BuiltinOptions.AddOptions, new AddOptions()),
  sub: (node: OperatorReader) => node.optionalOptions(BuiltinOptions.SubOptions, new SubOptions()),
  mul: (node: OperatorReader) => node.optionalOptions(BuiltinOptions.MulOptions, new MulOptions()),
  div: (node: OperatorReader) => node.optionalOptions(BuiltinOptions.DivOptions, new DivOptions()),
};

/**
 * ADD, SUB, MUL, DIV with NumPy broadcasting and a fused activation: for floats a separate node, which rules
 * recognise.
 */
export const readArithmetic =
  (op: keyof typeof arithmeticOptions) =>
  (node: OperatorReader): void => {
    const options = arithmeticOptions[op](node);
    const kind = options?.fusedActivationFunction() ?? ActivationFunctionType.NONE;
    if (!isQuantized(node)) {
      const order = node.preferredOrder();
      node.setOutput(activated(node, joined(node, op, { order }), kind), order);
      return;
    }
    if (
      node.outputTensor().type === 'INT16' &&
      options &&
      'potScaleInt16' in options &&
      options.potScaleInt16()
    )
      throw new CompileError(
        'tflite/unsupported',
        `${node.code} on INT16 with power-of-two scales is not supported`,
      );
    binary(node, `qlinear_${op}`, requantized(node, kind));
  };

/** FLOOR_DIV: the quotient cut downwards; of integers by way of the remainder, which has the sign of the divisor. */
export function readFloorDiv(node: OperatorReader): void {
  const order = node.preferredOrder();
  const [a, b] = [0, 1].map((i) => broadcastOperand(node, i, order)) as [Value, Value];
  const whole = (): Value => node.emit('sub', [a, node.emit('mod', [a, b])]);
  const y = isFloat(a.type.dtype)
    ? node.emit('floor', [node.emit('div', [a, b])])
    : node.emit('div', [whole(), b]);
  node.setOutput(y, order);
}

/** PRELU: x, slope. */
export function readPrelu(node: OperatorReader): void {
  if (isQuantized(node)) binary(node, 'qlinear_prelu', requantized(node, ActivationFunctionType.NONE));
  else binary(node, 'prelu', {});
}

/** MAXIMUM and MINIMUM. */
export const readExtreme =
  (op: 'maximum' | 'minimum') =>
  (node: OperatorReader): void => {
    const order = node.preferredOrder();
    const operands = [0, 1].map((i) => broadcastOperand(node, i, order));
    node.setOutput(node.emit(op, operands), order);
  };

/** An operator of two inputs with NumPy broadcasting. */
export const readBinary =
  (op: string) =>
  (node: OperatorReader): void => {
    binary(node, op, {});
  };

function binary(node: OperatorReader, op: string, attrs: Attrs): void {
  const order = node.preferredOrder();
  node.setOutput(joined(node, op, { order, attrs }), order);
}

function joined(
  node: OperatorReader,
  op: string,
  { order, attrs = {} }: { readonly order: AxisOrder; readonly attrs?: Attrs },
): Value {
  const operands = [0, 1].map((i) => broadcastOperand(node, i, order));
  return node.emit(op, operands, attrs);
}

/** An operand that broadcasts to the output: in NCHW one of lower rank gets its leading axes first. */
export function broadcastOperand(node: OperatorReader, i: number, order: AxisOrder): Value {
  const { name, shape } = node.inputTensor(i);
  if (order === 'plain' || shape.length === 4) return node.input(i, order);
  if (shape.length <= 1 && (shape[0] ?? 1) === 1) return node.input(i, 'plain');
  const full = [...new Array<number>(4 - shape.length).fill(1), ...shape];
  const constant = node.constant(i);
  if (constant && !node.real && constant.quant?.axis === undefined)
    return node.table.graph.addConstant(name, permuteTensor({ ...constant, shape: full }, [0, 3, 1, 2]));
  const image = node.emit('reshape', [node.input(i, 'plain')], { shape: full });
  return node.table.permuted(image, [0, 3, 1, 2]);
}

/** A comparison, with its operands exchanged or its result negated if the graph has no op for it. */
export const readComparison =
  (op: 'equal' | 'less' | 'less_equal', form: 'plain' | 'exchanged' | 'negated' = 'plain') =>
  (node: OperatorReader): void => {
    const order = node.preferredOrder();
    const operands = [0, 1].map((i) => broadcastOperand(node, i, order));
    const truth = node.emit(op, form === 'exchanged' ? operands.reverse() : operands);
    node.setOutput(form === 'negated' ? node.emit('logical_not', [truth]) : truth, order);
  };

/** (a - b)^2. */
export function readSquaredDifference(node: OperatorReader): void {
  const order = node.preferredOrder();
  const operands = [0, 1].map((i) => broadcastOperand(node, i, order));
  const difference = node.emit('sub', operands);
  node.setOutput(node.emit('mul', [difference, difference]), order);
}

/** x / max(|x|, 1e-6) over the last axis. */
export function readL2Normalization(node: OperatorReader): void {
  const x = node.input(0, 'plain');
  const squares = node.emit('reduce_sum', [node.emit('mul', [x, x])], { axes: [-1], keepdims: true });
  const length = node.emit('maximum', [node.emit('sqrt', [squares]), scalar(node, 1e-6)]);
  node.setOutput(node.emit('div', [x, length]), 'plain');
}

/** LOCAL_RESPONSE_NORMALIZATION: x / (bias + alpha * (sum of the squares of 2 * radius + 1 channels around it))^beta. */
export function readLocalResponseNormalization(node: OperatorReader): void {
  const options = node.options(
    BuiltinOptions.LocalResponseNormalizationOptions,
    new LocalResponseNormalizationOptions(),
  );
  const [n, height, width, channels] = imageShape(node, 0);
  const radius = options.radius();
  if (radius < 0) throw new CompileError('tflite/options', `expected a radius of 0 or more, found ${radius}`);
  const x = node.input(0, 'nchw');
  const mean = node.emit(
    'average_pool',
    [reshaped(node, node.emit('mul', [x, x]), [n, 1, channels, height * width])],
    {
      kernel_shape: [2 * radius + 1, 1],
      pads: [radius, 0, radius, 0],
      count_include_pad: true,
    },
  );
  const sum = node.emit('mul', [
    reshaped(node, mean, [n, channels, height, width]),
    scalar(node, options.alpha() * (2 * radius + 1)),
  ]);
  const base = node.emit('add', [sum, scalar(node, options.bias())]);
  node.setOutput(node.emit('div', [x, node.emit('pow', [base, scalar(node, options.beta())])]), 'nchw');
}

export function reshaped(node: OperatorReader, value: Value, shape: readonly number[]): Value {
  return node.emit('reshape', [value], { shape });
}

/** A constant f32. */
export function scalar(node: OperatorReader, value: number): Value {
  return node.table.graph.addConstant('scalar', { dtype: 'f32', shape: [], data: Float32Array.of(value) });
}

/** GELU, by erf or tanh. */
export function readGelu(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.GeluOptions, new GeluOptions());
  const op = options.approximate() ? 'gelu_tanh' : 'gelu';
  readUnary(op, {}, floatTable(activationFunction({ activation: op, activation_params: [] })))(node);
}

/** ADD_N: the sum of all inputs. */
export function readAddN(node: OperatorReader): void {
  const order = node.preferredOrder();
  const parts = node.operator.inputs.map((_, i) => node.input(i, order));
  node.setOutput(
    parts.reduce((sum, part) => node.emit('add', [sum, part])),
    order,
  );
}
