import type { TensorType } from '@ghostc/ir';
import { int } from '../attr-spec.ts';
import { windowAttrs, windowMacs } from '../conv2d.ts';
import { defineOp } from '../define-op.ts';
import { depthwiseConv2d } from '../depthwise-conv2d.ts';
import { checkQuantizedBias, checkWeight, convolveQuantized, weightMultipliers } from './qlinear-window.ts';
import { requantizedAttrs, requantizedType } from './quantized-type.ts';

/**
 * TFLite DEPTHWISE_CONV_2D on integers: output channel m reads input channel floor(m / multiplier); weight i8 [M,1,kH,kW].
 * Arithmetic as `qlinear_conv2d`.
 */
export const qlinearDepthwiseConv2d = defineOp({
  name: 'qlinear_depthwise_conv2d',
  inputs: ['x', 'weight', 'bias?'],
  attrs: { ...windowAttrs, multiplier: int(1), ...requantizedAttrs },
  traits: ['reduction', 'integer'],
  infer({ x, weight, bias }, attrs) {
    const window = { ...attrs, activation: 'none', activation_params: [] } as const;
    const { shape } = depthwiseConv2d.infer({ x, weight }, window) as TensorType;
    checkWeight(weight, shape[1]);
    checkQuantizedBias(bias, x, shape[1]);
    weightMultipliers(x, weight, attrs);
    return requantizedType(shape, attrs);
  },
  evaluate(inputs, attrs, [type]) {
    const firstChannel = (channel: number): number => Math.floor(channel / attrs.multiplier);
    return convolveQuantized(inputs, { ...attrs, channelsPerOutput: 1, firstChannel }, type as TensorType);
  },
  macs: ({ weight }, _attrs, [type]) => windowMacs(weight, type),
});
