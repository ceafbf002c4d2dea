import type { Attrs, Value } from '@ghostc/ir';
import { ActivationFunctionType } from '../generated/activation-function-type.ts';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { Pool2DOptions } from '../generated/pool2-doptions.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { imageShape } from './convolution.ts';
import { activated } from './fused-activation.ts';
import { isQuantized, requantized } from './quantized-output.ts';
import { windowAttributes } from './window.ts';

/** AVERAGE_POOL_2D and MAX_POOL_2D: padding never counts. */
export const readPool =
  (op: 'average_pool' | 'max_pool') =>
  (node: OperatorReader): void => {
    const options = node.options(BuiltinOptions.Pool2DOptions, new Pool2DOptions());
    const [, height, width] = imageShape(node, 0);
    const kernel = [options.filterHeight(), options.filterWidth()] as const;
    const window = windowAttributes(
      {
        padding: options.padding(),
        strides: [options.strideH(), options.strideW()],
        dilations: [1, 1],
        kernel,
      },
      [height, width],
    );
    const attrs = { ...window, kernel_shape: kernel };
    const activation = options.fusedActivationFunction();
    node.setOutput(pooled(node, op, { attrs, activation }), 'nchw');
  };

/** On integers the average rounds by itself; the maximum is limited by a requantisation to its own scale. */
function pooled(
  node: OperatorReader,
  op: 'average_pool' | 'max_pool',
  { attrs, activation }: { attrs: Attrs; activation: ActivationFunctionType },
): Value {
  const x = node.input(0, 'nchw');
  if (!isQuantized(node)) return activated(node, node.emit(op, [x], attrs), activation);
  if (op === 'average_pool')
    return node.emit('qlinear_average_pool', [x], { ...attrs, ...requantized(node, activation) });
  const y = node.emit('max_pool', [x], attrs);
  return activation === ActivationFunctionType.NONE
    ? y
    : node.emit('requantize', [y], requantized(node, activation));
}
