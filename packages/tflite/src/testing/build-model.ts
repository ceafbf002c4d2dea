import { Builder, type Offset } from 'flatbuffers';
import { Buffer } from '../generated/buffer.ts';
import { BuiltinOperator } from '../generated/builtin-operator.ts';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { Model } from '../generated/model.ts';
import { Operator } from '../generated/operator.ts';
import { OperatorCode } from '../generated/operator-code.ts';
import { QuantizationParameters } from '../generated/quantization-parameters.ts';
import { SubGraph } from '../generated/sub-graph.ts';
import { Tensor } from '../generated/tensor.ts';
import { TensorType } from '../generated/tensor-type.ts';

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: keyof typeof TensorType;
  /** Little-endian elements; makes the tensor a constant. */
  readonly data?: Uint8Array;
  readonly scale?: readonly number[];
  readonly zeroPoint?: readonly number[];
  readonly axis?: number;
}

export interface OperatorSpec {
  readonly code: keyof typeof BuiltinOperator;
  readonly custom?: string;
  readonly customOptions?: Uint8Array;
  /** Places in the list of tensors; -1 is absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: { readonly kind: keyof typeof BuiltinOptions; readonly write: (b: Builder) => Offset };
}

export interface ModelSpec {
  readonly tensors: readonly TensorSpec[];
  readonly operators: readonly OperatorSpec[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A TFLite model, for tests. Buffer k + 1 belongs to tensor k; buffer 0 is empty, as the format wants it. */
export function buildModel(spec: ModelSpec): Uint8Array {
  const b = new Builder(1024);
  const buffers = Model.createBuffersVector(b, [
    Buffer.createBuffer(b, 0, 0n, 0n),
    ...spec.tensors.map(({ data }) => writeBuffer(b, data)),
  ]);
  const codes = Model.createOperatorCodesVector(
    b,
    spec.operators.map((operator) => writeCode(b, operator)),
  );
  const graph = writeGraph(b, spec);
  const graphs = Model.createSubgraphsVector(b, [graph]);
  const description = b.createString('test');
  b.finish(Model.createModel(b, 3, codes, graphs, description, buffers), 'TFL3');
  return b.asUint8Array().slice();
}

function writeBuffer(b: Builder, data: Uint8Array | undefined): Offset {
  if (!data) return Buffer.createBuffer(b, 0, 0n, 0n);
  b.startVector(1, data.length, 16);
  for (let i = data.length - 1; i >= 0; i--) b.addInt8(data[i] ?? 0);
  return Buffer.createBuffer(b, b.endVector(), 0n, 0n);
}

/** The first version of an operator that LiteRT knows, where it is not 1. */
const versions: Readonly<Partial<Record<OperatorSpec['code'], number>>> = { BROADCAST_TO: 2 };

function writeCode(b: Builder, { code, custom }: OperatorSpec): Offset {
  const number = BuiltinOperator[code];
  const name = custom === undefined ? 0 : b.createString(custom);
  return OperatorCode.createOperatorCode(b, Math.min(number, 127), name, versions[code] ?? 1, number);
}

function writeGraph(b: Builder, { tensors, operators, inputs, outputs }: ModelSpec): Offset {
  const tensorVector = SubGraph.createTensorsVector(
    b,
    tensors.map((tensor, i) => writeTensor(b, tensor, i + 1)),
  );
  const operatorVector = SubGraph.createOperatorsVector(
    b,
    operators.map((operator, i) => writeOperator(b, operator, i)),
  );
  const inputVector = SubGraph.createInputsVector(b, [...inputs]);
  const outputVector = SubGraph.createOutputsVector(b, [...outputs]);
  return SubGraph.createSubGraph(b, tensorVector, inputVector, outputVector, operatorVector, 0);
}

function writeTensor(
  b: Builder,
  { name, shape, type, scale, zeroPoint, axis = 0 }: TensorSpec,
  buffer: number,
): Offset {
  const nameOffset = b.createString(name);
  const shapeOffset = Tensor.createShapeVector(b, [...shape]);
  const quantization = scale ? writeQuantization(b, { scale, zeroPoint: zeroPoint ?? [0], axis }) : 0;
  Tensor.startTensor(b);
  Tensor.addShape(b, shapeOffset);
  Tensor.addType(b, TensorType[type]);
  Tensor.addBuffer(b, buffer);
  Tensor.addName(b, nameOffset);
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
