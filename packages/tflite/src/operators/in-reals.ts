import type { Value } from '@ghostc/ir';
import { OperatorReader, type ReadOperator } from '../operator-reader.ts';
import { type AxisOrder, typeOf } from '../tensor-table.ts';
import { integersOf, isActivation, realOf } from './quantized-output.ts';

/** An operator on integers that is computed on the real numbers they represent: dequantised, computed, quantised. */
class RealOperator extends OperatorReader {
  override readonly real = true;

  override input(i: number, order: AxisOrder): Value {
    return realOf(this, super.input(i, order));
  }

  override setOutput(value: Value, order: AxisOrder, k = 0): void {
    super.setOutput(integersOf(this, value, typeOf(this.outputTensor(k))), order, k);
  }
}

/**
 * An operator for which there is no op on integers, in real numbers if it has any: results may be one step from those of
 * TFLite's kernel, which rounds in between.
 */
export function inReals(node: OperatorReader): OperatorReader {
  const tensors = [...node.operator.inputs, ...node.operator.outputs].filter((index) => index >= 0);
  const quantized = tensors.some((index) => isActivation(typeOf(node.table.tensor(index))));
  return quantized ? new RealOperator(node.operator, node.table) : node;
}

/** A reader of floats, which reads integers in real numbers. */
export const real =
  (read: ReadOperator): ReadOperator =>
  (node) =>
    read(inReals(node));
