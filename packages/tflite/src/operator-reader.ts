import {
  type Attrs,
  CompileError,
  formatType,
  itemAt,
  numElements,
  staticShape,
  type Tensor,
  type TensorType,
  type Value,
} from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import type { ByteBuffer } from 'flatbuffers';
import type { TfliteOperator, TfliteTensor } from './decode-model.ts';
import { BuiltinOptions } from './generated/builtin-options.ts';
import { type AxisOrder, channelsFirstAxis, type TensorTable, typeOf } from './tensor-table.ts';

/** A table of options as flatc generates it. */
interface OptionsTable {
  bb: ByteBuffer | null;
  bb_pos: number;
}

/** Turns one TFLite operator into IR nodes and declares the values of its outputs. */
export type ReadOperator = (node: OperatorReader) => void;

/** One TFLite operator while it is read: typed access to its inputs and options, and `emit` for the IR nodes it becomes. */
export class OperatorReader {
  readonly operator: TfliteOperator;
  readonly table: TensorTable;
  /** Integers are computed in the real numbers that they represent. */
  readonly real: boolean = false;

  constructor(operator: TfliteOperator, table: TensorTable) {
    this.operator = operator;
    this.table = table;
  }

  get code(): string {
    return this.operator.code;
  }

  get inputCount(): number {
    return this.operator.inputs.length;
  }

  has(i: number): boolean {
    return (this.operator.inputs[i] ?? -1) >= 0;
  }

  /** Index of the tensor of an input. */
  inputIndex(i: number): number {
    const index = this.operator.inputs[i] ?? -1;
    if (index >= 0) return index;
    throw new CompileError('tflite/input', `${this.code} needs its input ${i}`);
  }

  inputTensor(i: number): TfliteTensor {
    return this.table.tensor(this.inputIndex(i));
  }

  outputTensor(k = 0): TfliteTensor {
    const index = this.operator.outputs[k];
    if (index === undefined) throw new CompileError('tflite/output', `${this.code} needs its output ${k}`);
    return this.table.tensor(index);
  }

  input(i: number, order: AxisOrder): Value {
    return this.table.value(this.inputIndex(i), order);
  }

  /** An input in TFLite's order of axes; a constant in floats, as the weights of a float operator are. */
  realInput(i: number): Value {
    const real = this.table.realConstant(this.inputIndex(i));
    return real ? this.table.graph.addConstant(this.inputTensor(i).name, real) : this.input(i, 'plain');
  }

  /** A constant input in TFLite's order of axes; null if it is computed. */
  constant(i: number): Tensor | null {
    return this.table.constant(this.inputIndex(i));
  }

  /** An input that must be known at compile time, such as axes. */
  integers(i: number, what: string): number[] {
    const numbers = this.table.integers(this.inputIndex(i));
    if (numbers) return numbers;
    throw new CompileError(
      'tflite/dynamic',
      `${what} of ${this.code} (${this.inputTensor(i).name}) is computed at run time; expected a constant of integers`,
    );
  }

  /** The operator's options; `table` is an empty instance of the expected kind. */
  options<T extends OptionsTable>(kind: BuiltinOptions, table: T): T {
    const options = this.optionalOptions(kind, table);
    if (options) return options;
    throw new CompileError(
      'tflite/options',
      `${this.code} expects ${BuiltinOptions[kind]}, found ${BuiltinOptions[this.operator.table.builtinOptionsType()] ?? 'others'}`,
    );
  }

  optionalOptions<T extends OptionsTable>(kind: BuiltinOptions, table: T): T | null {
    if (this.operator.table.builtinOptionsType() !== kind) return null;
    return this.operator.table.builtinOptions(table) as T | null;
  }

  /** NCHW when the output is an image and an input already is NCHW, so that chains of image operators need no transposes. */
  preferredOrder(): AxisOrder {
    const native = this.operator.inputs.some(
      (index) => index >= 0 && this.table.nativeOrder(index) === 'nchw',
    );
    return native && this.outputTensor().shape.length === 4 ? 'nchw' : 'plain';
  }

  /** An axis of a tensor in TFLite's order as an axis of its value. */
  axis(axis: number, order: AxisOrder, rank: number): number {
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
      throw new CompileError('tflite/axis', `axis ${axis} of ${this.code} is outside rank ${rank}`);
    const positive = axis < 0 ? axis + rank : axis;
    return order === 'plain' ? positive : (channelsFirstAxis[positive] ?? positive);
  }

  /** One entry for each axis, in TFLite's order, as entries for the axes of the value. */
  perAxis<T>(entries: readonly T[], order: AxisOrder): T[] {
    return order === 'plain' ? [...entries] : [0, 3, 1, 2].map((axis) => itemAt(entries, axis));
  }

  /** Adds an IR node that comes from this operator, named after its output. */
  emit(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): Value {
    return itemAt(this.emitAll(op, inputs, attrs, ['']), 0);
  }

  /** As `emit`, for an op with an output for each of the endings of the names. */
  emitAll(
    op: string,
    inputs: readonly (Value | null)[],
    attrs: Attrs,
    endings: readonly string[],
  ): readonly Value[] {
    const { name } = this.outputTensor();
    const names = endings.map((ending) => `${name}${ending}`);
    return buildNode(this.table.graph, { op, inputs, attrs, origin: [name], names }).outputs;
  }

  /**
   * The declared shape of a result of as many elements as `value`. Sizes that its signature leaves open are those of the operand
   * that says the shape, or the open ones of the first input in their order; the last one follows from the count.
   */
  outputShape(value: Value, k = 0): readonly number[] {
    const { open } = this.outputTensor(k);
    const shape = staticShape(typeOf(this.outputTensor(k)).shape);
    if (open.length === 0) return shape;
    const x = this.inputTensor(0);
    const operand = this.operator.inputs[shapeOperands[this.code] ?? -1];
    const stated = operand === undefined ? null : this.table.integers(operand);
    const same = x.open.length === open.length ? x.open.map((axis) => x.shape[axis] ?? 1) : [];
    const sizes = stated ? open.map((axis) => stated[axis] ?? 1) : open.length === 1 ? [-1] : same;
    const partial = shape.map((size, axis) =>
      open.includes(axis) ? (sizes[open.indexOf(axis)] ?? -1) : size,
    );
    const known = partial.filter((size) => size >= 0);
    const rest = numElements(staticShape(value.type.shape)) / numElements(known);
    if (shape.length - known.length > 1 || (shape.length > known.length && !Number.isInteger(rest)))
      throw new CompileError(
        'tflite/dynamic',
        `[${staticShape(value.type.shape).join(',')}] does not tell the sizes of ${this.code}'s result [${partial.join(',')}]`,
      );
    return partial.map((size) => (size >= 0 ? size : rest));
  }

  /** Declares a result after holding its type against the declared one, sizes that the signature leaves open excepted. */
  setOutput(value: Value, order: AxisOrder, k = 0): void {
    const { shape, open } = this.outputTensor(k);
    const rank = typeOf(this.outputTensor(k)).shape.length;
    const found = order === 'nchw' ? channelsLast(value.type.shape) : value.type.shape;
    if (open.length > 0 && found.length === rank)
      this.table.resize(
        this.operator.outputs[k] ?? 0,
        shape.map((size, axis) => (open.includes(axis) ? Number(found[axis]) : size)),
      );
    const tensor = this.outputTensor(k);
    const declared = typeOf(tensor);
    const expected = { ...declared, shape: this.#arranged(declared.shape, order) };
    if (!sameDeclaration(expected, value.type))
      throw new CompileError(
        'tflite/type',
        `${tensor.name} is declared as ${formatType(expected)}, ${this.code} gives ${formatType(value.type)}`,
      );
    this.table.define(this.operator.outputs[k] ?? 0, value, order);
  }

  #arranged(shape: TensorType['shape'], order: AxisOrder): TensorType['shape'] {
    return order === 'nchw' && shape.length === 4 ? this.perAxis(shape, order) : shape;
  }
}

/** Operands that determine the shape of the result. */
const shapeOperands: Readonly<Record<string, number>> = {
  RESHAPE: 1,
  BROADCAST_TO: 1,
  FILL: 0,
  TRANSPOSE_CONV: 0,
};

function channelsLast(shape: TensorType['shape']): TensorType['shape'] {
  return shape.length === 4 ? [0, 2, 3, 1].map((axis) => itemAt(shape, axis)) : shape;
}

/** Integers carry their quantisation along; floats never have any. */
function sameDeclaration(expected: TensorType, found: TensorType): boolean {
  return formatType(expected) === formatType(found);
}
