import { CompileError, type Tensor } from '@ghostc/ir';
import type { OperatorReader } from '../operator-reader.ts';
import { dequantized } from '../tensor-table.ts';
import { outputQuant } from './quantized-output.ts';

/** DEQUANTIZE: constants (float16 or quantised weights) become float constants at once. */
export function readDequantize(node: OperatorReader): void {
  const constant: Tensor | null = node.constant(0);
  if (constant) {
    node.setOutput(node.table.graph.addConstant(node.outputTensor().name, dequantized(constant)), 'plain');
    return;
  }
  const order = node.preferredOrder();
  const x = node.input(0, order);
  if (!x.type.quant)
    throw new CompileError(
      'tflite/unsupported',
      `DEQUANTIZE of ${x.type.dtype} without a scale is not supported`,
    );
  node.setOutput(node.emit('dequantize_linear', [x]), order);
}

/** QUANTIZE: from floats, or from integers of another scale. */
export function readQuantize(node: OperatorReader): void {
  const order = node.preferredOrder();
  const x = node.input(0, order);
  const op = x.type.dtype === 'f32' ? 'quantize_linear' : 'requantize';
  node.setOutput(node.emit(op, [x], { ...outputQuant(node) }), order);
}
