import { type Attrs, CompileError, type Value } from '@ghostc/ir';
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
  const { dtype, quant } = typeOf(node.outputTensor(k));
  return !node.real && quant !== undefined && activationTypes.some((known) => known === dtype);
}

/** Scale, zero point and type of the output as attributes. */
export function outputQuant(node: OperatorReader): OutputQuant {
  const { name } = node.outputTensor();
  const { dtype, quant } = typeOf(node.outputTensor());
  if (!quant || quant.axis !== undefined || !activationTypes.some((known) => known === dtype))
    throw new CompileError(
      'tflite/quantization',
      `${node.code} expects an output of ${activationTypes.join(', ')} with one scale, found ${name} of ${dtype}`,
    );
  const { scale, zeroPoint } = quant;
  return { y_scale: scale[0] ?? 1, y_zero_point: zeroPoint[0] ?? 0, y_dtype: dtype as ActivationType };
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

/** A result that is an element of the operands: in real numbers, which become the integers again that they were. */
export function picked(
  node: OperatorReader,
  op: string,
  operands: readonly Value[],
  attrs: Attrs = {},
): Value {
  if (!isQuantized(node)) return node.emit(op, operands, attrs);
  const real = operands.map((x) => (x.type.quant ? node.emit('dequantize_linear', [x]) : x));
  return node.emit('quantize_linear', [node.emit(op, real, attrs)], { ...outputQuant(node) });
}

/** Refuses an operator that computes in integers and has no quantised op. */
export function refuseQuantized(node: OperatorReader): void {
  if (!isQuantized(node)) return;
  throw new CompileError(
    'tflite/unsupported',
    `${node.code} on ${node.outputTensor().type} is not supported`,
  );
}
