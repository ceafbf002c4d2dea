import {
  CompileError,
  type DType,
  f32,
  fromNumbers,
  type QuantParams,
  roundHalfToEven,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { integerRange } from '@ghostc/ops';
import { convAttributes } from './conv-attributes.ts';
import type { NodeReader } from './node-reader.ts';
import { dtypeOf } from './tensor-proto.ts';

type ReadOp = (node: NodeReader) => Value;

/**
 * Ops of quantised models. The operator-oriented ones (QLinearConv, QLinearMatMul, ConvInteger) are read as what they mean,
 * float ops between DequantizeLinear and QuantizeLinear; the pass `raise-quantized` makes integer ops of all of them.
 */
export const quantizedTable: ReadonlyMap<string, ReadOp> = new Map<string, ReadOp>([
  ['QuantizeLinear', readQuantize],
  ['DequantizeLinear', readDequantize],
  ['QLinearConv', readQLinearConv],
  ['QLinearMatMul', readQLinearMatMul],
  ['ConvInteger', readConvInteger],
  ['DynamicQuantizeLinear', refuse('it measures ranges at run time')],
  ['MatMulInteger', refuse('its result has no scale')],
]);

function refuse(reason: string): ReadOp {
  return (node) => {
    throw new CompileError(
      'onnx/unsupported',
      `${node.op} is not supported: ${reason}; expected a statically quantised model, or the float model (ghostc quantize)`,
    );
  };
}

function readQuantize(node: NodeReader): Value {
  const dtype = node.has(2)
    ? node.input(2).type.dtype
    : node.hasAttribute('output_dtype')
      ? dtypeOf(node.int('output_dtype', 0))
      : 'u8';
  return quantize(
    node,
    node.input(0),
    quantOf(node, { scale: 1, zero: 2, axis: node.int('axis', 1) }),
    dtype,
  );
}

/** Activations per tensor become a node, constants integers at once. */
function quantize(node: NodeReader, x: Value, quant: QuantParams, dtype: DType): Value {
  if (x.constant) return node.addConstant(quantizedConstant(x.constant, quant, dtype));
  const [zero = 0] = quant.zeroPoint;
  if (quant.axis !== undefined)
    throw new CompileError(
      'onnx/unsupported',
      'QuantizeLinear of an activation along an axis is not supported',
    );
  if (!(dtype === 'i8' || dtype === 'u8' || (dtype === 'i16' && zero === 0)))
    throw new CompileError(
      'onnx/unsupported',
      `QuantizeLinear expects int8, uint8, or int16 with the zero point 0; found ${dtype} with ${zero}`,
    );
  return node.emit('quantize_linear', [x], {
    y_scale: quant.scale[0] ?? 1,
    y_zero_point: zero,
    y_dtype: dtype,
  });
}

/** saturate(round_half_even(x / scale) + zero point) */
function quantizedConstant(x: Tensor, quant: QuantParams, dtype: DType): Tensor {
  const [low, high] = integerRange(dtype);
  const at = channelOf(x.shape, quant);
  const levels = Array.from(toNumbers(x), (v, i) => {
    const [scale, zero] = [quant.scale[at(i)] ?? 1, quant.zeroPoint[at(i)] ?? 0];
    return Math.min(high, Math.max(low, roundHalfToEven(Math.fround(v / scale)) + zero));
  });
  return { ...fromNumbers(dtype, x.shape, levels), quant };
}

function channelOf(shape: readonly number[], { scale, axis }: QuantParams): (i: number) => number {
  if (axis === undefined) return () => 0;
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  return (i) => Math.floor(i / inner) % scale.length;
}

interface QuantInputs {
  readonly scale: number;
  readonly zero: number;
  readonly axis: number;
}

/** Scale and zero point inputs, which must be constant: one number, or one per slice along `axis`. */
function quantOf(node: NodeReader, { scale, zero, axis }: QuantInputs): QuantParams {
  if (node.int('block_size', 0) !== 0)
    throw new CompileError('onnx/unsupported', `${node.op} in blocks is not supported`);
  const scales = constantOf(node, scale, 'scale');
  const zeros = node.has(zero) ? constantOf(node, zero, 'zero point') : undefined;
  const list = Array.from(toNumbers(scales), Number);
  const bad = list.find((s) => !(s > 0 && Number.isFinite(s)));
  if (bad !== undefined || scales.shape.length > 1)
    throw new CompileError(
      'onnx/quantization',
      `${node.op} expects positive scales of rank 0 or 1, found ${bad ?? scales.shape.length}`,
    );
  const zeroPoint = zeros ? Array.from(toNumbers(zeros), Number) : list.map(() => 0);
  if (zeroPoint.length !== list.length)
    throw new CompileError('onnx/quantization', `${list.length} scales and ${zeroPoint.length} zero points`);
  if (list.length === 1 && !(scales.shape.length === 1 && isSlice(node, axis)))
    return { scale: list, zeroPoint };
  const rank = node.input(0).type.shape.length;
  return { scale: list, zeroPoint, axis: axis < 0 ? axis + rank : axis };
}

/** A vector of one scale for a constant of one slice is per axis; exporters write it for whole activations too. */
function isSlice(node: NodeReader, axis: number): boolean {
  const x = node.input(0);
  return Boolean(x.constant) && x.constant?.shape.at(axis) === 1;
}

function constantOf(node: NodeReader, index: number, what: string): Tensor {
  const tensor = node.constant(index);
  if (tensor) return tensor;
  throw new CompileError(
    'onnx/unsupported',
    `the ${what} of ${node.op} is computed at run time; expected a constant`,
  );
}

function readDequantize(node: NodeReader): Value {
  const quant = quantOf(node, { scale: 1, zero: 2, axis: node.int('axis', 1) });
  return dequantize(node, node.input(0), quant);
}

function dequantize(node: NodeReader, x: Value, quant: QuantParams): Value {
  return node.emit('dequantize_linear', [quantized(node, x, quant)]);
}

/** The value with its quantisation in its type: a constant gets a copy, an input its own, any other must have it. */
function quantized(node: NodeReader, x: Value, quant: QuantParams): Value {
  if (x.constant) return node.addConstant({ ...x.constant, quant }, x.name);
  if (!x.type.quant && !x.producer) x.type = { ...x.type, quant };
  if (sameQuant(x.type.quant, quant)) return x;
  throw new CompileError(
    'onnx/unsupported',
    `${node.op} reads ${x.name} with scale ${quant.scale[0]} and zero point ${quant.zeroPoint[0]}; expected those that it was quantised with`,
  );
}

function sameQuant(a: QuantParams | undefined, b: QuantParams): boolean {
  return a?.scale.join() === b.scale.join() && a.zeroPoint.join() === b.zeroPoint.join() && a.axis === b.axis;
}

/** x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B */
function readQLinearConv(node: NodeReader): Value {
  const [xQuant, wQuant] = [
    quantOf(node, { scale: 1, zero: 2, axis: 0 }),
    quantOf(node, { scale: 4, zero: 5, axis: 0 }),
  ];
  const x = dequantize(node, node.input(0), xQuant);
  const w = dequantize(node, node.input(3), wQuant);
  const { window, group, rank } = convAttributes(node, x, w);
  if (rank !== 2)
    throw new CompileError('onnx/unsupported', `QLinearConv expects two spatial axes, found ${rank}`);
  const bias = node.has(8) ? quantizedBias(node, xQuant, wQuant) : null;
  const y = node.emit('conv2d', [x, w, bias], { ...window, group });
  return quantize(node, y, quantOf(node, { scale: 6, zero: 7, axis: 0 }), node.input(7).type.dtype);
}

/** B counts in units of x_scale * w_scale[m]. */
function quantizedBias(node: NodeReader, x: QuantParams, w: QuantParams): Value {
  const b = node.input(8);
  const scale = Array.from(
    { length: Number(b.type.shape[0]) },
    (_, m) => (x.scale[0] ?? 1) * (w.scale[w.axis === undefined ? 0 : m] ?? 1),
  );
  return dequantize(node, b, { scale, zeroPoint: scale.map(() => 0), axis: 0 });
}

/** a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point; b per column. */
function readQLinearMatMul(node: NodeReader): Value {
  const a = dequantize(node, node.input(0), quantOf(node, { scale: 1, zero: 2, axis: 0 }));
  const columns = node.input(3).type.shape.length - 1;
  const b = dequantize(node, node.input(3), quantOf(node, { scale: 4, zero: 5, axis: columns }));
  const y = node.emit('matmul', [a, b]);
  return quantize(node, y, quantOf(node, { scale: 6, zero: 7, axis: 0 }), node.input(7).type.dtype);
}

/**
 * x, w, x_zero_point, w_zero_point: the int32 sum of (x - zx)(w - zw), as round(conv(real x, w) / sx). The scale of x is the
 * one it was quantised with; 1 for an integer input.
 */
function readConvInteger(node: NodeReader): Value {
  const known = node.input(0).type.quant?.scale[0] ?? 1;
  const zero = (index: number): number[] => {
    const tensor = node.has(index) ? constantOf(node, index, 'zero point') : undefined;
    return tensor ? Array.from(toNumbers(tensor), Number) : [0];
  };
  const x = dequantize(node, node.input(0), { scale: [known], zeroPoint: zero(2) });
  const zeros = zero(3);
  const units = zeros.map(() => 1);
  const wQuant =
    zeros.length === 1 ? { scale: units, zeroPoint: zeros } : { scale: units, zeroPoint: zeros, axis: 0 };
  const w = dequantize(node, node.input(1), wQuant);
  const { window, group, rank } = convAttributes(node, x, w);
  if (rank !== 2)
    throw new CompileError('onnx/unsupported', `ConvInteger expects two spatial axes, found ${rank}`);
  const y = node.emit('conv2d', [x, w], { ...window, group });
  const unit = node.addConstant(f32([], [1 / known]), `${node.name}_unit`);
  return node.emit('cast', [node.emit('round', [node.emit('mul', [y, unit])])], { to: 'i32' });
}
