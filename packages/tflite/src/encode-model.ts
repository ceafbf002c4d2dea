import { CompileError } from '@ghostc/ir';
import { Builder, type Offset } from 'flatbuffers';
import { Buffer } from './generated/buffer.ts';
import { BuiltinOperator } from './generated/builtin-operator.ts';
import { BuiltinOptions } from './generated/builtin-options.ts';
import { Model } from './generated/model.ts';
import { Operator } from './generated/operator.ts';
import { OperatorCode } from './generated/operator-code.ts';
import { QuantizationParameters } from './generated/quantization-parameters.ts';
import { SubGraph } from './generated/sub-graph.ts';
import { Tensor } from './generated/tensor.ts';
import { TensorType } from './generated/tensor-type.ts';
import { operatorVersion } from './operator-version.ts';

/** A tensor of a model that is written. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Axes that the signature leaves open. */
  readonly open?: readonly number[];
  readonly type: keyof typeof TensorType;
  /** Little-endian elements; makes the tensor a constant. */
  readonly data?: Uint8Array;
  /** Keeps its elements from run to run. */
  readonly variable?: boolean;
  readonly scale?: readonly number[];
  readonly zeroPoint?: readonly number[];
  readonly axis?: number;
}

/** An operator of a model that is written. */
export interface OperatorSpec {
  readonly code: keyof typeof BuiltinOperator;
  readonly custom?: string;
  readonly customOptions?: Uint8Array;
  /** Places in the list of tensors; -1 is absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: OperatorOptions;
}

/** Options of an operator, and how they are written. */
export interface OperatorOptions {
  readonly kind: keyof typeof BuiltinOptions;
  /** The minimum version of the operator that supports them, if it differs from that of the tensors' types. */
  readonly version?: number;
  readonly write: (b: Builder) => Offset;
}

export interface SubgraphSpec {
  readonly tensors: readonly TensorSpec[];
  readonly operators: readonly OperatorSpec[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly name?: string;
}

/** A model: its main subgraph, and what that calls. */
export interface ModelSpec extends SubgraphSpec {
  /** Subgraphs 1, 2, ... */
  readonly branches?: readonly SubgraphSpec[];
  readonly description?: string;
}

/** Offsets in a FlatBuffer are 32-bit. */
const MAX_BYTES = 2 ** 31 - 1;
/** Alignment of a constant's data. */
const ALIGNMENT = 16;

/**
 * Writes a TFLite model, schema version 3. Buffer k + 1 belongs to tensor k, subgraph after subgraph; buffer
 * 0 is empty, as the format requires. Throws `tflite/too-large` if offsets would not fit.
 */
export function encodeTflite(spec: ModelSpec): Uint8Array {
  const subgraphs = [spec, ...(spec.branches ?? [])];
  const tensors = subgraphs.flatMap((graph) => graph.tensors);
  const bytes = tensors.reduce((sum, { data }) => sum + (data?.length ?? 0) + 256, 0);
  if (bytes > MAX_BYTES)
    throw new CompileError(
      'tflite/too-large',
      `the constants have ${bytes} bytes; a TFLite file expects less than 2 GiB`,
    );
  const b = new Builder(1024);
  const buffers = Model.createBuffersVector(b, [
    Buffer.createBuffer(b, 0, 0n, 0n),
    ...tensors.map(({ data }) => writeBuffer(b, data)),
  ]);
  const codes = new OperatorCodes();
  let firstBuffer = 1;
  const graphs = subgraphs.map((graph) => {
    const written = writeGraph(b, graph, codes, firstBuffer);
    firstBuffer += graph.tensors.length;
    return written;
  });
  const codeVector = Model.createOperatorCodesVector(b, codes.write(b));
  const graphVector = Model.createSubgraphsVector(b, graphs);
  const description = b.createString(spec.description ?? 'ghostc');
  b.finish(Model.createModel(b, 3, codeVector, graphVector, description, buffers), 'TFL3');
  return b.asUint8Array().slice();
}

/** The kinds of operators that a model uses, each with its version, in order of first use. */
class OperatorCodes {
  readonly #codes = new Map<string, { readonly operator: OperatorSpec; readonly version: number }>();

  indexOf(operator: OperatorSpec, tensors: readonly TensorSpec[]): number {
    const version = operatorVersion(operator, tensors);
    const key = `${operator.code} ${operator.custom ?? ''} ${version}`;
    if (!this.#codes.has(key)) this.#codes.set(key, { operator, version });
    return [...this.#codes.keys()].indexOf(key);
  }

  write(b: Builder): Offset[] {
    return [...this.#codes.values()].map(({ operator: { code, custom }, version }) => {
      const number = BuiltinOperator[code];
      const name = custom === undefined ? 0 : b.createString(custom);
      return OperatorCode.createOperatorCode(b, Math.min(number, 127), name, version, number);
    });
  }
}

function writeBuffer(b: Builder, data: Uint8Array | undefined): Offset {
  if (!data) return Buffer.createBuffer(b, 0, 0n, 0n);
  b.prep(ALIGNMENT, data.length);
  return Buffer.createBuffer(b, b.createByteVector(data), 0n, 0n);
}

function writeGraph(b: Builder, spec: SubgraphSpec, codes: OperatorCodes, firstBuffer: number): Offset {
  const tensors = SubGraph.createTensorsVector(
    b,
    spec.tensors.map((tensor, i) => writeTensor(b, tensor, firstBuffer + i)),
  );
  const operators = SubGraph.createOperatorsVector(
    b,
    spec.operators.map((operator) => writeOperator(b, operator, codes.indexOf(operator, spec.tensors))),
  );
  const inputs = SubGraph.createInputsVector(b, [...spec.inputs]);
  const outputs = SubGraph.createOutputsVector(b, [...spec.outputs]);
  const name = spec.name === undefined ? 0 : b.createString(spec.name);
  return SubGraph.createSubGraph(b, tensors, inputs, outputs, operators, name);
}

function writeTensor(
  b: Builder,
  { name, shape, open, type, variable, scale, zeroPoint, axis = 0 }: TensorSpec,
  buffer: number,
): Offset {
  const nameOffset = b.createString(name);
  const shapeOffset = Tensor.createShapeVector(b, [...shape]);
  const signature = shape.map((size, i) => (open?.includes(i) ? -1 : size));
  const signatureOffset = open ? Tensor.createShapeSignatureVector(b, signature) : 0;
  const quantization = scale ? writeQuantization(b, { scale, zeroPoint: zeroPoint ?? [0], axis }) : 0;
  Tensor.startTensor(b);
  Tensor.addShape(b, shapeOffset);
  Tensor.addType(b, TensorType[type]);
  Tensor.addBuffer(b, buffer);
  Tensor.addName(b, nameOffset);
  if (variable) Tensor.addIsVariable(b, true);
  if (signatureOffset) Tensor.addShapeSignature(b, signatureOffset);
  if (quantization) Tensor.addQuantization(b, quantization);
  return Tensor.endTensor(b);
}

function writeQuantization(
  b: Builder,
  { scale, zeroPoint, axis }: { scale: readonly number[]; zeroPoint: readonly number[]; axis: number },
): Offset {
  const scales = QuantizationParameters.createScaleVector(b, [...scale]);
  const zeroPoints = QuantizationParameters.createZeroPointVector(b, zeroPoint.map(BigInt));
  QuantizationParameters.startQuantizationParameters(b);
  QuantizationParameters.addScale(b, scales);
  QuantizationParameters.addZeroPoint(b, zeroPoints);
  QuantizationParameters.addQuantizedDimension(b, axis);
  return QuantizationParameters.endQuantizationParameters(b);
}

function writeOperator(
  b: Builder,
  { inputs, outputs, options, customOptions: custom }: OperatorSpec,
  code: number,
): Offset {
  const inputVector = Operator.createInputsVector(b, [...inputs]);
  const outputVector = Operator.createOutputsVector(b, [...outputs]);
  const kind = options ? BuiltinOptions[options.kind] : BuiltinOptions.NONE;
  const written = options?.write(b) ?? 0;
  const bytes = custom ? Operator.createCustomOptionsVector(b, [...custom]) : 0;
  return Operator.createOperator(b, code, inputVector, outputVector, kind, written, bytes);
}
