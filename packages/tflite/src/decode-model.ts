import { CompileError, withLocation } from '@ghostc/ir';
import { CheckedByteBuffer } from './checked-byte-buffer.ts';
import { denseBytes } from './dense-bytes.ts';
import type { Buffer } from './generated/buffer.ts';
import { BuiltinOperator } from './generated/builtin-operator.ts';
import { Model } from './generated/model.ts';
import type { Operator } from './generated/operator.ts';
import type { OperatorCode } from './generated/operator-code.ts';
import type { QuantizationParameters } from './generated/quantization-parameters.ts';
import type { SubGraph } from './generated/sub-graph.ts';
import type { Tensor } from './generated/tensor.ts';
import { TensorType } from './generated/tensor-type.ts';
import { isTflite } from './is-tflite.ts';

/** A tensor as the file declares it: shape and axes in TFLite's order (images NHWC). */
export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Axes whose size the signature leaves open; `shape` has a size there, mostly 1. */
  readonly open: readonly number[];
  /** `FLOAT32`, `INT8`, ... */
  readonly type: string;
  /** Little-endian elements of a constant. */
  readonly data?: Uint8Array | undefined;
  /** Empty scale: not quantised. */
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly quantizedDimension: number;
  /** Keeps its elements from run to run. */
  readonly variable: boolean;
}

export interface TfliteOperator {
  /** Place in the model's list of operators. */
  readonly index: number;
  /** `CONV_2D`, or `CUSTOM` with its name. */
  readonly code: string;
  readonly custom?: string | undefined;
  /** Indices of tensors; -1 marks an absent optional input. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly table: Operator;
}

export interface TfliteModel {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Another subgraph, such as a branch of IF; throws `tflite/decode` if there is none. */
  readonly subgraph: (index: number) => TfliteModel;
}

const MAX_RANK = 8;
/** Elements of one tensor: sizes in bytes stay far from the integers that doubles cannot hold. */
const MAX_ELEMENTS = 2 ** 31 - 1;

/** Decodes the first subgraph of a model, others when they are asked for. Every offset, index and size is checked; throws `tflite/decode`. */
export function decodeModel(bytes: Uint8Array): TfliteModel {
  // A view with its own buffer: the generated code looks at the whole underlying buffer.
  const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  const buffer = new CheckedByteBuffer(own);
  if (!isTflite(own))
    throw new CompileError('tflite/decode', 'expected a TFLite model (TFL3 at byte 4), found other bytes');
  const model = Model.getRootAsModel(buffer);
  if (model.version() !== 3)
    throw new CompileError('tflite/version', `expected TFLite schema version 3, found ${model.version()}`);
  const buffers = list(model.buffersLength(), (i) => bufferData(required(model.buffers(i)), own));
  return readSubgraph(model, 0, buffers);
}

function readSubgraph(
  model: Model,
  index: number,
  buffers: readonly (Uint8Array | undefined)[],
): TfliteModel {
  const graph = index < model.subgraphsLength() ? model.subgraphs(index) : null;
  if (!graph)
    throw new CompileError(
      'tflite/decode',
      `there is no subgraph ${index}, the model has ${model.subgraphsLength()}`,
    );
  return readGraph(model, graph, buffers);
}

function readGraph(model: Model, graph: SubGraph, buffers: readonly (Uint8Array | undefined)[]): TfliteModel {
  const tensors = list(graph.tensorsLength(), (i) => readTensor(required(graph.tensors(i)), i, buffers));
  const codes = list(model.operatorCodesLength(), (i) => readCode(required(model.operatorCodes(i))));
  const check = indexChecker(tensors.length);
  return {
    name: graph.name() || 'main',
    tensors,
    operators: list(graph.operatorsLength(), (i) =>
      readOperator(required(graph.operators(i)), i, { codes, check }),
    ),
    inputs: list(graph.inputsLength(), (i) => check(graph.inputs(i), 0)),
    outputs: list(graph.outputsLength(), (i) => check(graph.outputs(i), 0)),
    subgraph: (index) => readSubgraph(model, index, buffers),
  };
}

/**
 * The bytes of a buffer; in models beyond 2 GB they follow the FlatBuffer, at an offset from the start of the
 * file.
 */
function bufferData(buffer: Buffer, bytes: Uint8Array): Uint8Array | undefined {
  const [offset, size] = [Number(buffer.offset()), Number(buffer.size())];
  if (offset <= 1 || size === 0) return buffer.dataArray() ?? undefined;
  if (offset + size <= bytes.length) return bytes.subarray(offset, offset + size);
  throw new CompileError(
    'tflite/decode',
    `expected a buffer of ${size} bytes at offset ${offset}, the file has ${bytes.length}`,
  );
}

function readTensor(
  tensor: Tensor,
  index: number,
  buffers: readonly (Uint8Array | undefined)[],
): TfliteTensor {
  const name = tensor.name() || `tensor_${index}`;
  return withLocation({ node: name, op: 'tensor' }, () => {
    if (tensor.buffer() >= buffers.length)
      throw new CompileError(
        'tflite/decode',
        `it has buffer ${tensor.buffer()}, there are ${buffers.length} buffers`,
      );
    const stored = buffers[tensor.buffer()];
    const shape = readShape(list(tensor.shapeLength(), (i) => Number(tensor.shape(i))));
    const sparsity = tensor.sparsity();
    const type = TensorType[tensor.type()] ?? String(tensor.type());
    const data = sparsity ? denseBytes(sparsity, { shape, type, data: stored }) : stored;
    return {
      name,
      shape,
      open: [...shape.keys()].filter((axis) => Number(tensor.shapeSignature(axis) ?? 0) < 0),
      type,
      variable: tensor.isVariable(),
      ...(data?.length && { data }),
      ...readQuantization(tensor.quantization()),
    };
  });
}

function readShape(shape: readonly number[]): readonly number[] {
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (shape.length <= MAX_RANK && shape.every((dim) => dim >= 0) && count <= MAX_ELEMENTS) return shape;
  throw new CompileError(
    'tflite/shape',
    `the shape [${shape.slice(0, MAX_RANK + 1).join(',')}] is not supported: expected at most ${MAX_RANK} sizes of 0 or more and ${MAX_ELEMENTS} elements`,
  );
}

function readQuantization(
  quant: QuantizationParameters | null,
): Pick<TfliteTensor, 'scale' | 'zeroPoint' | 'quantizedDimension'> {
  if (!quant) return { scale: [], zeroPoint: [], quantizedDimension: 0 };
  if (quant.detailsType() !== 0)
    throw new CompileError('tflite/unsupported', 'only affine quantisation is supported, found another kind');
  const scale = list(quant.scaleLength(), (i) => Number(quant.scale(i)));
  if (!scale.every((s) => s > 0 && Number.isFinite(s)))
    throw new CompileError('tflite/quantization', 'a scale is not a positive number');
  const stored = list(quant.zeroPointLength(), (i) => Number(quant.zeroPoint(i)));
  return {
    scale,
    zeroPoint: scale.map((_, i) => stored[i] ?? 0),
    quantizedDimension: quant.quantizedDimension(),
  };
}

interface Code {
  readonly code: string;
  readonly custom?: string | undefined;
}

/** Codes below 127 are in the old field too; the larger of the two is used. */
function readCode(code: OperatorCode): Code {
  const number = Math.max(code.deprecatedBuiltinCode(), code.builtinCode());
  const name = BuiltinOperator[number] ?? `operator code ${number}`;
  return name === 'CUSTOM' ? { code: name, custom: code.customCode() ?? '' } : { code: name };
}

function readOperator(
  table: Operator,
  index: number,
  { codes, check }: { codes: readonly Code[]; check: ReturnType<typeof indexChecker> },
): TfliteOperator {
  return withLocation({ node: `operator ${index}` }, () => {
    const code = codes[table.opcodeIndex()];
    if (!code)
      throw new CompileError(
        'tflite/decode',
        `it has operator code ${table.opcodeIndex()}, there are ${codes.length}`,
      );
    return {
      index,
      ...code,
      inputs: list(table.inputsLength(), (i) => check(table.inputs(i), -1)),
      outputs: list(table.outputsLength(), (i) => check(table.outputs(i), 0)),
      table,
    };
  });
}

function indexChecker(tensors: number): (index: number | null, lowest: number) => number {
  return (index, lowest) => {
    if (index !== null && index >= lowest && index < tensors) return index;
    throw new CompileError('tflite/decode', `there is no tensor ${index}, the subgraph has ${tensors}`);
  };
}

function list<T>(length: number, item: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => item(i));
}

function required<T>(table: T | null): T {
  if (table !== null) return table;
  throw new CompileError('tflite/decode', 'a table that the format requires is absent');
}
