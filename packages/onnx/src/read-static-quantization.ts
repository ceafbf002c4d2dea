import {
  CompileError,
  type DType,
  f32,
  fromNumbers,
  isStatic,
  numElements,
  type QuantParams,
  roundHalfToEven,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import {
  attrsOf,
  defaultRounding,
  integerRange,
  quantizeLinear,
  type Rounding,
  roundings,
} from '@ghostc/ops';
import type { NodeReader, OpRow } from './node-reader.ts';
import { convolve } from './read-convolutions.ts';
import { quantizationRows } from './read-quantization.ts';
import { windowAttributes } from './window-attributes.ts';

/**
 * undefined if scales are computed at run time, or the integer ops do not support the types: then formulas
 * are used.
 */
type ReadStatic = (node: NodeReader) => Value | undefined;

const staticReaders: ReadonlyMap<string, ReadStatic> = new Map<string, ReadStatic>([
  ['QuantizeLinear', readQuantize],
  ['DequantizeLinear', readDequantize],
  ['QLinearMatMul', readQLinearMatMul],
  ['ConvInteger', readConvInteger],
]);

/**
 * Statically quantised models: `quantize_linear` and `dequantize_linear`, with the quantisation in the types.
 * Operator-oriented ops are read as float ops between the two; the pass `raise-quantized` turns all of them
 * into integer ops. What is not static is read by the formulas of the definition.
 */
export const quantizedRows: readonly OpRow[] = [
  ...quantizationRows.map(
    ([op, formulas]): OpRow => [op, (node) => staticReaders.get(op)?.(node) ?? formulas(node)],
  ),
  [
    'QLinearConv',
    (node) =>
      readQLinearConv(node) ??
      fail('QLinearConv expects images, constant scales and zero points, int8 or uint8, and a constant bias'),
  ],
];

function fail(message: string): never {
  throw new CompileError('onnx/unsupported', message);
}

function readQuantize(node: NodeReader): Value | undefined {
  if (node.int('output_dtype', 0) !== 0 || node.int('precision', 0) !== 0) return undefined;
  const quant = quantOf(node, { of: 0, scale: 1, zero: 2, axis: node.int('axis', 1) });
  return quant && quantize(node, knownInput(node, 0), { quant, dtype: zeroType(node, 2) });
}

/**
 * The input, as a constant if it follows from constants: weights that a batch norm scales before they are
 * quantised.
 */
function knownInput(node: NodeReader, index: number): Value {
  const x = node.input(index);
  const known = x.constant ? undefined : node.known(index);
  return known ? node.addConstant(known, x.name) : x;
}

/**
 * Clip of quantised integers, with which torch restricts the range to 7 bits: the float before it is clipped,
 * which gives the same integers; constant weights are clipped immediately. Undefined for other integers.
 */
export function clipQuantized(
  node: NodeReader,
  x: Value,
  { min, max }: { min: number; max: number },
): Value | undefined {
  if (x.constant && (x.type.dtype === 'i8' || x.type.dtype === 'u8')) {
    const levels = Array.from(toNumbers(x.constant), (level) => Math.min(max, Math.max(min, level)));
    return node.addConstant({
      ...fromNumbers(x.type.dtype, x.constant.shape, levels),
      quant: x.constant.quant,
    });
  }
  let { producer } = x;
  while (producer?.op === 'identity') producer = producer.inputs[0]?.producer ?? null;
  const real = producer?.op === 'quantize_linear' && producer.inputs[0];
  if (!producer || !real) return undefined;
  const { y_scale, y_zero_point } = attrsOf(quantizeLinear, producer);
  const limit = (level: number): number => (level - y_zero_point) * y_scale;
  const clipped = node.emit('clip', [real], { min: limit(min), max: limit(max) });
  return node.emit('quantize_linear', [clipped], producer.attrs);
}

function zeroType(node: NodeReader, index: number): DType {
  return node.has(index) ? node.input(index).type.dtype : 'u8';
}

interface Target {
  readonly quant: QuantParams;
  readonly dtype: DType;
}

/** Activations per tensor become a node, constants integers at once. */
export function quantize(node: NodeReader, x: Value, { quant, dtype }: Target): Value | undefined {
  const [scale = 1, zero = 0] = [quant.scale[0], quant.zeroPoint[0]];
  const known = dtype === 'i8' || dtype === 'u8' || (dtype === 'i16' && zero === 0);
  if (!known || x.type.dtype !== 'f32') return undefined;
  if (x.constant) return node.addConstant(quantizedConstant(x.constant, quant, dtype));
  if (quant.axis !== undefined) return undefined;
  const y = { y_scale: scale, y_zero_point: zero, y_dtype: dtype };
  return node.emit('quantize_linear', [x], { ...y, ...roundingAttr(node) });
}

/**
 * Metadata of a QuantizeLinear for the rounding of the integer op that it ends; ONNX itself cannot express
 * it.
 */
export const roundingKey = 'ghostc.rounding';

function roundingAttr(node: NodeReader): { rounding?: Rounding } {
  const stated = node.metadata(roundingKey);
  const rounding = stated === undefined ? node.rounding : roundings.find((one) => one === stated);
  if (!rounding)
    throw new CompileError(
      'onnx/quantization',
      `${roundingKey} expects ${roundings.join(' or ')}, found ${stated}`,
    );
  return rounding === defaultRounding ? {} : { rounding };
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
  const inner = numElements(shape.slice(axis + 1));
  return (i) => Math.floor(i / inner) % scale.length;
}

/** Positions of a quantised input and its parameters. */
interface QuantInputs {
  readonly of: number;
  readonly scale: number;
  readonly zero: number;
  readonly axis: number;
}

/** Constant scale and zero point: one number, or one per slice along `axis`. */
export function quantOf(node: NodeReader, { of, scale, zero, axis }: QuantInputs): QuantParams | undefined {
  if (node.int('block_size', 0) !== 0) return undefined;
  const known = (index: number): Tensor | undefined => (node.has(index) ? node.known(index) : undefined);
  const [scales, zeros] = [known(scale), known(zero)];
  if (!scales || scales.shape.length > 1 || (node.has(zero) && !zeros)) return undefined;
  const list = Array.from(toNumbers(scales), Number);
  const zeroPoint = zeros ? Array.from(toNumbers(zeros), Number) : list.map(() => 0);
  checkParameters(node, list, zeroPoint);
  const x = node.input(of);
  const from = axis < 0 ? axis + x.type.shape.length : axis;
  // One scale in a vector is per axis for a constant of one slice; exporters write it for whole activations too.
  const slice = scales.shape.length === 1 && Boolean(x.constant) && from === 0 && x.type.shape[0] === 1;
  return list.length === 1 && !slice ? { scale: list, zeroPoint } : { scale: list, zeroPoint, axis: from };
}

function checkParameters(node: NodeReader, scale: readonly number[], zeroPoint: readonly number[]): void {
  const bad = scale.find((s) => !(s > 0 && Number.isFinite(s)));
  if (bad !== undefined)
    throw new CompileError('onnx/quantization', `${node.op} expects positive scales, found ${bad}`);
  if (zeroPoint.length !== scale.length)
    throw new CompileError(
      'onnx/quantization',
      `${node.op} has ${scale.length} scales and ${zeroPoint.length} zero points`,
    );
}

function readDequantize(node: NodeReader): Value | undefined {
  if (node.int('output_dtype', 0) !== 0 || node.input(1).type.dtype !== 'f32') return undefined;
  const quant = quantOf(node, { of: 0, scale: 1, zero: 2, axis: node.int('axis', 1) });
  return quant && dequantize(node, node.input(0), quant);
}

const integers: ReadonlySet<DType> = new Set(['i8', 'u8', 'i16', 'i32']);
/** Weights of fewer bits are int8 ones, which have kernels. */
const narrow: ReadonlySet<DType> = new Set(['i4', 'u4', 'i2', 'u2']);

/**
 * The value's type gets the quantisation: a constant is copied, an input is changed; any other value must
 * already have it.
 */
export function dequantize(node: NodeReader, x: Value, quant: QuantParams): Value | undefined {
  if (x.constant && narrow.has(x.type.dtype)) {
    const levels = Int8Array.from(toNumbers(x.constant), Number);
    const wide = node.addConstant({ dtype: 'i8', shape: x.constant.shape, data: levels, quant }, x.name);
    return node.emit('dequantize_linear', [wide]);
  }
  if (!integers.has(x.type.dtype)) return undefined;
  if (x.constant) return node.emit('dequantize_linear', [node.addConstant({ ...x.constant, quant }, x.name)]);
  if (quant.axis !== undefined || x.type.dtype === 'i32') return undefined;
  if (x.type.dtype === 'i16' && quant.zeroPoint[0] !== 0) return undefined;
  if (!x.type.quant && !x.producer) node.setType(x, { ...x.type, quant });
  return sameQuant(x.type.quant, quant) ? node.emit('dequantize_linear', [x]) : undefined;
}

function sameQuant(a: QuantParams | undefined, b: QuantParams): boolean {
  return a?.scale.join() === b.scale.join() && a.zeroPoint.join() === b.zeroPoint.join() && a.axis === b.axis;
}

/** x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B */
function readQLinearConv(node: NodeReader): Value | undefined {
  const xQuant = quantOf(node, { of: 0, scale: 1, zero: 2, axis: 0 });
  const wQuant = quantOf(node, { of: 3, scale: 4, zero: 5, axis: 0 });
  const yQuant = quantOf(node, { of: 0, scale: 6, zero: 7, axis: 0 });
  if (!xQuant || !wQuant || !yQuant || !node.constant(3)) return undefined;
  const bias = node.has(8) ? biasOf(node, xQuant, wQuant) : null;
  const y = bias !== undefined && convolved(node, [0, xQuant], { weight: [3, wQuant], bias });
  return y ? quantize(node, y, { quant: yQuant, dtype: zeroType(node, 7) }) : undefined;
}

type QuantizedInput = readonly [number, QuantParams];

/** conv2d of two dequantised inputs; undefined unless they are lines or images with weights of fixed size. */
function convolved(
  node: NodeReader,
  [at, quant]: QuantizedInput,
  { weight: [weightAt, weightQuant], bias }: { weight: QuantizedInput; bias: Value | null },
): Value | undefined {
  const { shape } = node.input(weightAt).type;
  if ((shape.length !== 3 && shape.length !== 4) || !shape.every(isStatic)) return undefined;
  const x = dequantize(node, node.input(at), quant);
  const w = dequantize(node, node.input(weightAt), weightQuant);
  if (!x || !w) return undefined;
  const window = windowAttributes(node, x.type.shape.slice(2), shape.slice(2));
  return convolve(node, { x, weight: w, bias }, { ...window, group: node.int('group', 1) });
}

/** B counts in units of x_scale * w_scale[m]. */
function biasOf(node: NodeReader, x: QuantParams, w: QuantParams): Value | undefined {
  const b = node.input(8);
  if (!b.constant) return undefined;
  const scale = Array.from(
    { length: Number(b.type.shape[0]) },
    (_, m) => (x.scale[0] ?? 1) * (w.scale[w.axis === undefined ? 0 : m] ?? 1),
  );
  return dequantize(node, b, { scale, zeroPoint: scale.map(() => 0), axis: 0 });
}

/** a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point; a constant b, per tensor or per column. */
function readQLinearMatMul(node: NodeReader): Value | undefined {
  const columns = node.input(3).type.shape.length - 1;
  const aQuant = quantOf(node, { of: 0, scale: 1, zero: 2, axis: 0 });
  const bQuant = quantOf(node, { of: 3, scale: 4, zero: 5, axis: columns });
  const yQuant = quantOf(node, { of: 0, scale: 6, zero: 7, axis: 0 });
  if (!aQuant || !bQuant || !yQuant || !node.constant(3)) return undefined;
  const a = dequantize(node, node.input(0), aQuant);
  const b = dequantize(node, node.input(3), bQuant);
  if (!a || !b) return undefined;
  const y = node.emit('matmul', [a, b]);
  return quantize(node, y, { quant: yQuant, dtype: zeroType(node, 7) });
}

/**
 * x, w, x_zero_point, w_zero_point: the int32 sum of (x - zx)(w - zw), as round(conv(real x, w) / sx). The scale of x is the
 * one it was quantised with.
 */
function readConvInteger(node: NodeReader): Value | undefined {
  const known = node.input(0).type.quant;
  const zeros = (index: number): number[] | undefined => {
    const tensor = node.constant(index);
    if (tensor) return Array.from(toNumbers(tensor), Number);
    return node.has(index) ? undefined : [0];
  };
  const [xZero, wZero] = [zeros(2), zeros(3)];
  if (!known || !xZero || !wZero || !node.constant(1)) return undefined;
  const units = { scale: wZero.map(() => 1), zeroPoint: wZero };
  const y = convolved(node, [0, { scale: known.scale, zeroPoint: xZero }], {
    weight: [1, wZero.length === 1 ? units : { ...units, axis: 0 }],
    bias: null,
  });
  if (!y) return undefined;
  const unit = node.addConstant(f32([], [1 / (known.scale[0] ?? 1)]), `${node.name}_unit`);
  return node.emit('cast', [node.emit('round', [node.emit('mul', [y, unit])])], { to: 'i32' });
}
