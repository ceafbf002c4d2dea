import { CompileError, type Tensor } from '@ghostc/ir';
import type { OperatorReader } from '../operator-reader.ts';
import { dequantized, typeOf } from '../tensor-table.ts';

/** DEQUANTIZE: constants (float16 or quantised weights) become float constants at once. */
export function readDequantize(node: OperatorReader): void {
  const constant: Tensor | null = node.constant(0);
  if (constant) {
    node.setOutput(node.table.graph.addConstant(node.outputTensor().name, dequantized(constant)), 'plain');
    return;
  }
  const layout = node.preferredLayout();
  const x = node.input(0, layout);
  if (!x.type.quant)
    throw new CompileError(
      'tflite/unsupported',
      `DEQUANTIZE of ${x.type.dtype} without a scale is not supported`,
    );
  node.setOutput(node.emit('dequantize_linear', [x]), layout);
}

/** QUANTIZE: from floats, or from integers of another scale. */
export function readQuantize(node: OperatorReader): void {
  const layout = node.preferredLayout();
  const x = node.input(0, layout);
  const { dtype, quant } = typeOf(node.outputTensor());
  if (!quant || quant.axis !== undefined)
    throw new CompileError('tflite/unsupported', 'QUANTIZE expects one scale for its output');
  const attrs = { y_scale: quant.scale[0] ?? 1, y_zero_point: quant.zeroPoint[0] ?? 0, y_dtype: dtype };
  node.setOutput(node.emit(x.type.dtype === 'f32' ? 'quantize_linear' : 'requantize', [x], attrs), layout);
}
