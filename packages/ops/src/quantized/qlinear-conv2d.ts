import { int } from '../attr-spec.ts';
import { defineOp, firstType } from '../define-op.ts';
import { conv2d, windowAttrs, windowMacs } from '../window/conv2d.ts';
import { groupChannels } from '../window/convolve.ts';
import { convolveQuantized, layerType } from './qlinear-window.ts';
import { quantizedFacts } from './quantized-facts.ts';
import { requantizedAttrs } from './quantized-type.ts';

/**
 * TFLite CONV_2D on integers, NCHW, with groups: x [N,C,H,W] per tensor, weight i8 [M,C/group,kH,kW] symmetric, per
 * channel (axis 0) or per tensor, bias int32 [M] of scale sx sw[m] (int64 for 16-bit x).
 * y = clamp(M[m] (bias[m] + sum (x - zx) w) + zy), M[m] = sx sw[m] / sy; pads count as the zero point.
 */
export const qlinearConv2d = defineOp({
  name: 'qlinear_conv2d',
  inputs: ['x', 'weight', 'bias?'],
  attrs: { ...windowAttrs, group: int(1), ...requantizedAttrs },
  traits: ['reduction', 'integer', 'window'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'window',
  channels: 'weights',
  infer({ x, weight, bias }, attrs) {
    const window = { ...attrs, activation: 'none', activation_params: [] } as const;
    const { shape } = firstType(conv2d.infer({ x, weight }, window));
    return layerType(shape, { x, weight, bias }, attrs);
  },
  evaluate(inputs, attrs, [type]) {
    const channels = groupChannels(inputs.weight, attrs.group);
    return convolveQuantized(inputs, { ...attrs, ...channels }, type);
  },
  macs: ({ weight }, _attrs, [type]) => windowMacs(weight, type),
});
