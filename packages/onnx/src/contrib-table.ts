import { CompileError, type Value } from '@ghostc/ir';
import type { NodeReader, ReadOp } from './node-reader.ts';
import { fusedRows } from './read-fused.ts';
import { dequantize, quantize, quantOf } from './read-static-quantization.ts';
import { readAsStandard } from './standard-op.ts';

/**
 * The ops of ONNX Runtime (domain com.microsoft): those that its optimiser fuses, and the ops on integers, which its quantiser
 * writes in the QOperator format. These are read as the float op between dequantize_linear and quantize_linear that defines them;
 * `raise-quantized` makes integer ops.
 */
export const contribTable: ReadonlyMap<string, ReadOp> = new Map<string, ReadOp>([
  ...fusedRows,
  ['DequantizeLinear', (node) => readAsStandard('DequantizeLinear', node)],
  ['QuantizeLinear', (node) => readAsStandard('QuantizeLinear', node)],
  ['QGemm', readQGemm],
  ['QLinearAdd', between('Add', 2)],
  ['QLinearAveragePool', between('AveragePool', 1)],
  ['QLinearConcat', readQLinearConcat],
  ['QLinearGlobalAveragePool', between('GlobalAveragePool', 1)],
  ['QLinearLeakyRelu', between('LeakyRelu', 1)],
  ['QLinearMul', between('Mul', 2)],
  ['QLinearSigmoid', between('Sigmoid', 1)],
  ['QLinearSoftmax', readQLinearSoftmax],
]);

/** Operands (x, x_scale, x_zero_point), then y_scale, y_zero_point. */
function between(op: string, operands: number): (node: NodeReader) => Value {
  return (node) => {
    if (node.int('channels_last', 0) !== 0) throw unsupported(node, 'images with their channels last');
    const inputs = Array.from({ length: operands }, (_, k) => real(node, 3 * k));
    const y = readAsStandard(op, node.withInputs(inputs));
    return integers(node, y, 3 * operands);
  };
}

function unsupported(node: NodeReader, what: string): CompileError {
  return new CompileError('onnx/unsupported', `${node.op} of ${what} is not supported`);
}

/** The input at `index`, with its scale and zero point after it, as floats. */
function real(node: NodeReader, index: number, axis = 0): Value {
  const quant = quantOf(node, { of: index, scale: index + 1, zero: index + 2, axis });
  const value = quant && dequantize(node, node.input(index), quant);
  return value ?? failed(node);
}

function failed(node: NodeReader): never {
  throw new CompileError(
    'onnx/unsupported',
    `${node.op} expects constant scales and zero points, int8 or uint8`,
  );
}

/** Integers of the type of the zero point, or of x if there is none. */
function integers(node: NodeReader, y: Value, scale: number, x = 0): Value {
  const quant = quantOf(node, { of: x, scale, zero: scale + 1, axis: 0 });
  const { dtype } = node.input(node.has(scale + 1) ? scale + 1 : x).type;
  return (quant && quantize(node, y, { quant, dtype })) ?? failed(node);
}

/** y_scale, y_zero_point, then (x, x_scale, x_zero_point) of each part. */
function readQLinearConcat(node: NodeReader): Value {
  const parts = Array.from({ length: (node.inputCount - 2) / 3 }, (_, k) => real(node, 2 + 3 * k));
  return integers(node, node.emit('concat', parts, { axis: node.int('axis', 1) }), 0, 2);
}

/** Its attribute `opset` selects the Softmax: before 13 the axes after `axis` are flattened. */
function readQLinearSoftmax(node: NodeReader): Value {
  const meant = node.int('opset', node.opset);
  if (meant < 13 !== node.opset < 13)
    throw unsupported(node, `opset ${meant} in a model of opset ${node.opset}`);
  return between('Softmax', 1)(node);
}

/** a, b with scales and zero points, c in units of alpha a_scale b_scale, y_scale, y_zero_point; without y_scale y is float. */
function readQGemm(node: NodeReader): Value {
  const columns = node.int('transB', 0) === 1 ? 0 : 1;
  const [a, b] = [real(node, 0), real(node, 3, columns)];
  const y = readAsStandard('Gemm', node.withInputs([a, b, node.has(6) ? biasOf(node) : null]));
  return node.has(7) ? integers(node, y, 7) : y;
}

function biasOf(node: NodeReader): Value {
  const alpha = node.float('alpha', 1);
  const [a, b] = [0, 3].map((of) => quantOf(node, { of, scale: of + 1, zero: of + 2, axis: 0 }));
  const c = node.input(6);
  const count = Number(c.type.shape.at(-1) ?? 1);
  const scale = Array.from(
    { length: count },
    (_, m) => alpha * (a?.scale[0] ?? 1) * (b?.scale[b.scale.length === 1 ? 0 : m] ?? 1),
  );
  if (!c.constant || c.type.shape.length !== 1) throw unsupported(node, 'a C that is no constant vector');
  return dequantize(node, c, { scale, zeroPoint: scale.map(() => 0), axis: 0 }) ?? failed(node);
}
