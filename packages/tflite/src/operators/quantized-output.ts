import {
  type Attrs,
  CompileError,
  type DType,
  type QuantParams,
  type TensorType,
  type Value,
} from '@ghostc/ir';
import {
  type ActivationType,
  activationTypes,
  integerRange,
  type OutputQuant,
  type ReferenceTable,
  roundHalfAway,
} from '@ghostc/ops';
import { ActivationFunctionType } from '../generated/activation-function-type.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { typeOf } from '../tensor-table.ts';

/** Does the operator compute in integers? */
export function isQuantized(node: OperatorReader, k = 0): boolean {
  return !node.real && isActivation(typeOf(node.outputTensor(k)));
}

/** A type of quantised activations; integers of other types stand for themselves. */
export function isActivation({ dtype, quant }: TensorType): boolean {
  return quant !== undefined && activationTypes.some((known) => known === dtype);
}

/** Scale, zero point and type of an output as attributes. */
export function outputQuant(node: OperatorReader, k = 0): OutputQuant {
  const type = typeOf(node.outputTensor(k));
  const { dtype, quant } = type;
  if (!quant || quant.axis !== undefined || !isActivation(type))
    throw new CompileError(
      'tflite/quantization',
      `${node.code} expects an output of ${activationTypes.join(', ')} with one scale, found ${node.outputTensor(k).name} of ${dtype}`,
    );
  return quantAttrs(quant, dtype);
}

function quantAttrs({ scale, zeroPoint }: QuantParams, dtype: DType): OutputQuant {
  return { y_scale: scale[0] ?? 1, y_zero_point: zeroPoint[0] ?? 0, y_dtype: dtype as ActivationType };
}

/** The real numbers that the elements of a quantised activation represent; other values as they are. */
export function realOf(node: OperatorReader, x: Value): Value {
  return isActivation(x.type) ? node.emit('dequantize_linear', [x]) : x;
}

/** Real numbers in the integers of a type, if it is one of quantised activations. */
export function integersOf(node: OperatorReader, y: Value, type: TensorType): Value {
  const { dtype, quant } = type;
  return quant && isActivation(type) ? node.emit('quantize_linear', [y], { ...quantAttrs(quant, dtype) }) : y;
}

/** `outputQuant`, and the fused activation as bounds of the output's integers. */
export function requantized(node: OperatorReader, kind: ActivationFunctionType): Attrs {
  return { ...outputQuant(node), clamp: clampOf(outputQuant(node), kind) };
}

const bounds: Readonly<Record<number, readonly [number, number]>> = {
  [ActivationFunctionType.RELU]: [0, Number.POSITIVE_INFINITY],
  [ActivationFunctionType.RELU_N1_TO_1]: [-1, 1],
  [ActivationFunctionType.RELU6]: [0, 6],
};

/** Bounds of a fused activation: zero point + round(bound / scale), within the type. Empty for none. */
export function clampOf(quant: OutputQuant, kind: ActivationFunctionType): number[] {
  if (kind === ActivationFunctionType.NONE) return [];
  const found = bounds[kind];
  if (!found)
    throw new CompileError(
      'tflite/unsupported',
      `the fused activation ${ActivationFunctionType[kind] ?? kind} is not supported on integers`,
    );
  return quantizedRange(quant, found);
}

/** A range of real numbers in the integers of a quantisation. */
export function quantizedRange(
  { y_scale, y_zero_point, y_dtype }: OutputQuant,
  [from, to]: readonly [number, number],
): [number, number] {
  const [low, high] = integerRange(y_dtype);
  const integer = (real: number): number => y_zero_point + roundHalfAway(Math.fround(real / y_scale));
  return [Math.max(low, integer(from)), Number.isFinite(to) ? Math.min(high, integer(to)) : high];
}

/** A function of one 8-bit value as a table. */
export function lookedUp(node: OperatorReader, x: Value, reference: ReferenceTable): Value {
  const attrs = outputQuant(node);
  const table = node.table.graph.addConstant(`${node.outputTensor().name}_table`, reference(x.type, attrs));
  return node.emit('qlinear_lookup', [x, table], { ...attrs });
}

/** Refuses an operator that computes in integers and has no quantised op. */
export function refuseQuantized(node: OperatorReader): void {
  if (!isQuantized(node)) return;
  throw new CompileError(
    'tflite/unsupported',
    `${node.code} on ${node.outputTensor().type} is not supported`,
  );
}
