import { BuiltinOptions } from '../generated/builtin-options.ts';
import { Pool2DOptions } from '../generated/pool2-doptions.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { imageShape } from './convolution.ts';
import { activated } from './fused-activation.ts';
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
    const pooled = node.emit(op, [node.input(0, 'nchw')], { ...window, kernel_shape: kernel });
    node.setOutput(activated(node, pooled, options.fusedActivationFunction()), 'nchw');
  };
