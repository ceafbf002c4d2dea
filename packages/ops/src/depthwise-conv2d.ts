import { CompileError, type TensorType } from '@ghostc/ir';
import { activationAttrs } from './activation.ts';
import { int } from './attr-spec.ts';
import { checkBias, checkResidual, windowAttrs, windowMacs } from './conv2d.ts';
import { convolve } from './convolve.ts';
import { defineOp } from './define-op.ts';
import { imageShape, windowOutput } from './window.ts';

/**
 * Depthwise 2-d convolution (TFLite DEPTHWISE_CONV_2D): output channel m reads input channel floor(m / multiplier).
 * x [N,C,H,W], weight [M,1,kH,kW] with M <= C * multiplier: M may be less, so that a Ghost module computes only the
 * channels that its slice keeps. bias [M], residual [N,M,H',W'].
 */
export const depthwiseConv2d = defineOp({
  name: 'depthwise_conv2d',
  inputs: ['x', 'weight', 'bias?', 'residual?'],
  attrs: { ...windowAttrs, multiplier: int(1), ...activationAttrs },
  traits: ['reduction'],
  infer({ x, weight, bias, residual }, attrs) {
    const [n, channels, height, width] = imageShape(x, 'x');
    const [m, one, kernelHeight, kernelWidth] = imageShape(weight, 'weight');
    if (one !== 1 || Number(m) > Number(channels) * attrs.multiplier) {
      throw new CompileError(
        'depthwise_conv2d/infer',
        `weight expects [M,1,kH,kW] with M <= ${channels} x ${attrs.multiplier}, found [${weight.shape.join(',')}]`,
      );
    }
    checkBias(bias, m);
    const shape = [
      n,
      m,
      windowOutput(height, Number(kernelHeight), 0, attrs),
      windowOutput(width, Number(kernelWidth), 1, attrs),
    ];
    checkResidual(residual, shape);
    return { dtype: x.dtype, shape };
  },
  evaluate(inputs, attrs, [type]) {
    const firstChannel = (channel: number): number => Math.floor(channel / attrs.multiplier);
    return convolve(inputs, { ...attrs, channelsPerOutput: 1, firstChannel }, type as TensorType);
  },
  macs: ({ weight }, _attrs, [type]) => windowMacs(weight, type),
});
