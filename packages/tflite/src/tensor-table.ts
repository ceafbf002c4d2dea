import {
  CompileError,
  type DType,
  float16ToNumber,
  fromBytes,
  fromNumbers,
  type Graph,
  numElements,
  type QuantParams,
  type Tensor,
  type TensorType,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { buildNode, ConstantCone, evaluateOne, transpose } from '@ghostc/ops';
import type { TfliteModel, TfliteTensor } from './decode-model.ts';
import { VariableTable } from './variable-table.ts';

const dtypes: Readonly<Record<string, DType>> = {
  FLOAT32: 'f32',
  FLOAT16: 'f16',
  INT32: 'i32',
  UINT8: 'u8',
  INT64: 'i64',
  BOOL: 'bool',
  INT16: 'i16',
  INT8: 'i8',
  FLOAT64: 'f64',
  UINT64: 'u64',
  UINT32: 'u32',
  UINT16: 'u16',
};

/** How a value holds a TFLite tensor: in TFLite's own order of axes, or (rank 4 only) as NCHW. */
export type AxisOrder = 'plain' | 'nchw';

/** NHWC to NCHW and back: output axis i is input axis perm[i]. */
const perms: Readonly<Record<AxisOrder, readonly number[]>> = { nchw: [0, 3, 1, 2], plain: [0, 2, 3, 1] };

/** Axis of an NHWC tensor as an axis of its NCHW value. */
export const channelsFirstAxis: readonly number[] = [0, 2, 3, 1];

/** Bytes of constants that a model may ask for, for each byte of the file: tensors can share a buffer. */
const CONSTANT_BYTES_PER_BYTE = 16;

/** Operators of all steps of all loops. */
const MAX_STEPS = 2 ** 16;

/**
 * The values of a model's tensors while it is read. A tensor gets a value in the order that its producer
 * writes; requesting the other order adds a transpose once (a reshape if no element moves, new data for a
 * constant). So a chain of image operators stays NCHW, and transposes appear only where the model's order of
 * axes is visible: at inputs and outputs, and before operators such as RESHAPE that mix axes.
 */
export class TensorTable {
  readonly graph: Graph;
  readonly #tensors: TfliteTensor[];
  readonly variables: VariableTable;
  readonly #values = new Map<number, Partial<Record<AxisOrder, Value>>>();
  readonly #native = new Map<number, AxisOrder>();
  readonly #cone: ConstantCone;
  #constantBytes: number;
  #steps = 0;

  constructor(graph: Graph, { tensors }: TfliteModel, fileBytes: number) {
    this.graph = graph;
    this.#tensors = [...tensors];
    this.variables = new VariableTable(graph);
    tensors.forEach(({ name, variable }, index) => {
      if (variable) this.variables.openTensor(index, name);
    });
    this.#cone = new ConstantCone(graph);
    this.#constantBytes = CONSTANT_BYTES_PER_BYTE * (fileBytes + 65_536);
  }

  tensor(index: number): TfliteTensor {
    const tensor = this.#tensors[index];
    if (tensor) return tensor;
    throw new CompileError('tflite/decode', `there is no tensor ${index}`);
  }

  /** Adds a tensor, of a subgraph that is called; gives its index. */
  append(tensor: TfliteTensor): number {
    return this.#tensors.push(tensor) - 1;
  }

  /** Counts operators of subgraphs that are called; throws `tflite/too-large`. */
  countSteps(operators: number): void {
    this.#steps += operators;
    if (this.#steps > MAX_STEPS)
      throw new CompileError('tflite/too-large', `the loops run more than ${MAX_STEPS} operators`);
  }

  /** Gives a tensor another shape, in TFLite's order, than it declares. */
  resize(index: number, shape: readonly number[]): void {
    this.#tensors[index] = { ...this.tensor(index), shape };
  }

  /** Declares the value of a tensor; each has one producer. */
  define(index: number, value: Value, order: AxisOrder): void {
    const { name, data } = this.tensor(index);
    if (data || this.#values.has(index))
      throw new CompileError('tflite/duplicate', `tensor ${JSON.stringify(name)} is written twice`);
    this.#values.set(index, { [order]: value });
    this.#native.set(index, order);
  }

  /** The order that the tensor's producer wrote; undefined for constants. */
  nativeOrder(index: number): AxisOrder | undefined {
    return this.#native.get(index);
  }

  isConstant(index: number): boolean {
    return this.tensor(index).data !== undefined || this.#values.get(index)?.plain?.constant !== undefined;
  }

  value(index: number, order: AxisOrder): Value {
    const values = this.#values.get(index) ?? this.#addConstant(index);
    const known = values[order];
    if (known) return known;
    const made = this.#converted(index, values, order);
    values[order] = made;
    return made;
  }

  /** Elements of a constant of integers, such as axes or a shape, or of what constants make; null if the tensor depends on an input. */
  integers(index: number): number[] | null {
    if (numElements(this.tensor(index).shape) === 0) return [];
    const constant = this.known(index);
    if (!constant || !['i32', 'i64'].includes(constant.dtype)) return null;
    return Array.from(toNumbers(constant), Number);
  }

  /** The elements of a constant, or of what constants make; null if the tensor depends on an input. */
  known(index: number): Tensor | null {
    const value = this.#values.get(index)?.plain;
    return (value && this.#cone.tensorOf(value)) ?? this.constant(index);
  }

  /** The data of a constant in TFLite's order of axes; null if the tensor is computed. */
  constant(index: number): Tensor | null {
    const known = this.#values.get(index)?.plain?.constant;
    if (known) return known;
    const tensor = this.tensor(index);
    if (!tensor.data) return null;
    const { dtype, shape, quant } = typeOf(tensor);
    const data = fromBytes(dtype, this.#charged(tensor.data));
    if (data.byteLength !== tensor.data.length || data.length !== numElements(shape))
      throw new CompileError(
        'tflite/constant',
        `${tensor.name} is ${tensor.type}[${shape.join(',')}], its buffer has ${tensor.data.length} bytes`,
      );
    return { dtype, shape: shape as number[], data, ...(quant && { quant }) };
  }

  /** A constant in floats: dequantised, or decoded from float16. */
  realConstant(index: number): Tensor | null {
    const constant = this.constant(index);
    return constant && dequantized(constant);
  }

  #charged(data: Uint8Array): Uint8Array {
    this.#constantBytes -= data.length;
    if (this.#constantBytes >= 0) return data;
    throw new CompileError('tflite/too-large', 'constants share buffers more often than expected in a model');
  }

  #addConstant(index: number): Partial<Record<AxisOrder, Value>> {
    const tensor = this.constant(index);
    const { name } = this.tensor(index);
    if (!tensor)
      throw new CompileError(
        'tflite/undefined',
        `tensor ${JSON.stringify(name)} is read before it is computed`,
      );
    const values = { plain: this.graph.addConstant(name, tensor) };
    this.#values.set(index, values);
    return values;
  }

  #converted(index: number, values: Partial<Record<AxisOrder, Value>>, order: AxisOrder): Value {
    const from = values.plain ?? values.nchw;
    if (from?.type.shape.length !== 4)
      throw new CompileError(
        'tflite/rank',
        `${this.tensor(index).name} expects rank 4, found [${this.tensor(index).shape.join(',')}]`,
      );
    return this.permuted(from, perms[order]);
  }

  /** Axes exchanged: of a constant at once, otherwise by a node. */
  permuted(from: Value, perm: readonly number[]): Value {
    const { graph } = this;
    if (from.constant) return graph.addConstant(from.name, permuteTensor(from.constant, perm));
    const moved = perm.filter((axis) => from.type.shape[axis] !== 1);
    const names = [`${from.name}_${perm.join('')}`];
    const origin = from.producer?.origin ?? [];
    if (moved.every((axis, i) => i === 0 || axis > (moved[i - 1] ?? 0))) {
      const shape = perm.map((axis) => Number(from.type.shape[axis]));
      return buildNode(graph, { op: 'reshape', inputs: [from], attrs: { shape }, names, origin }).output;
    }
    return buildNode(graph, { op: 'transpose', inputs: [from], attrs: { perm }, names, origin }).output;
  }
}

/** A constant with its axes exchanged, the axis of its scales among them. */
export function permuteTensor(tensor: Tensor, perm: readonly number[]): Tensor {
  return evaluateOne(transpose, [tensor], { perm });
}

/** real = scale * (q - zero point), rounded to float32. */
export function dequantized(tensor: Tensor): Tensor {
  const { dtype, shape, quant, data } = tensor;
  if (dtype === 'f16')
    return fromNumbers('f32', shape, Float64Array.from(data as Uint16Array, float16ToNumber));
  if (!quant || dtype === 'f32') return tensor;
  const inner = quant.axis === undefined ? 1 : numElements(shape.slice(quant.axis + 1));
  const slices = quant.scale.length;
  const values = toNumbers(tensor);
  return fromNumbers(
    'f32',
    shape,
    Float64Array.from({ length: values.length }, (_, i) => {
      const slice = Math.floor(i / inner) % slices;
      return (quant.scale[slice] ?? 1) * (Number(values[i]) - (quant.zeroPoint[slice] ?? 0));
    }),
  );
}

/** The IR type of a tensor, in TFLite's order of axes; of complex numbers the parts are the last axis. */
export function typeOf({
  type,
  shape,
  open,
  scale,
  zeroPoint,
  quantizedDimension,
}: TfliteTensor): TensorType {
  if (type === 'COMPLEX64') return { dtype: 'f32', shape: [...shape, 2] };
  const dtype = dtypes[type];
  if (!dtype) throw new CompileError('tflite/type', `element type ${type} is not supported`);
  if (shape.some((size, axis) => size === 0 && !open.includes(axis)))
    throw new CompileError('tflite/shape', `expected positive sizes, found the shape [${shape.join(',')}]`);
  if (scale.length === 0 || dtype.startsWith('f')) return { dtype, shape };
  const quant =
    scale.length === 1 ? { scale, zeroPoint } : perAxis(shape, { scale, zeroPoint }, quantizedDimension);
  return { dtype, shape, quant };
}

/** Of a tensor of one axis: some converters copy the axis of the weights to the bias. */
function perAxis(shape: readonly number[], quant: QuantParams, declared: number): QuantParams {
  const axis = shape.length === 1 ? 0 : declared;
  if (shape[axis] === quant.scale.length) return { ...quant, axis };
  throw new CompileError(
    'tflite/quantization',
    `${quant.scale.length} scales do not fit axis ${axis} of [${shape.join(',')}]`,
  );
}
