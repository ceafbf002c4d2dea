import { int } from '../attr-spec.ts';
import { defineOp, firstType } from '../define-op.ts';
import { windowAttrs, windowMacs } from '../window/conv2d.ts';
import { multiplierChannels } from '../window/convolve.ts';
import { depthwiseConv2d } from '../window/depthwise-conv2d.ts';
import { convolveQuantized, layerType } from './qlinear-window.ts';
import { quantizedFacts } from './quantized-facts.ts';
import { requantizedAttrs } from './quantized-type.ts';

/**
 * TFLite DEPTHWISE_CONV_2D on integers: output channel m reads input channel floor(m / multiplier); weight i8 [M,1,kH,kW].
 * Arithmetic as `qlinear_conv2d`.
 */
export const qlinearDepthwiseConv2d = defineOp({
  name: 'qlinear_depthwise_conv2d',
  inputs: ['x', 'weight', 'bias?'],
  attrs: { ...windowAttrs, multiplier: int(1), ...requantizedAttrs },
  traits: ['reduction', 'integer', 'window'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'window',
  channels: 'filters',
  infer({ x, weight, bias }, attrs) {
    const window = { ...attrs, activation: 'none', activation_params: [] } as const;
    const { shape } = firstType(depthwiseConv2d.infer({ x, weight }, window));
    return layerType(shape, { x, weight, bias }, attrs);
  },
  evaluate: (inputs, attrs, [type]) =>
    convolveQuantized(inputs, { ...attrs, ...multiplierChannels(attrs.multiplier) }, type),
  macs: ({ weight }, _attrs, [type]) => windowMacs(weight, type),
});
