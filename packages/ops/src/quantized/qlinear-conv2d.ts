import type { TensorType } from '@ghostc/ir';
import { int } from '../attr-spec.ts';
import { conv2d, windowAttrs, windowMacs } from '../conv2d.ts';
import { defineOp } from '../define-op.ts';
import { image } from '../window.ts';
import { checkQuantizedBias, checkWeight, convolveQuantized, weightMultipliers } from './qlinear-window.ts';
import { requantizedAttrs, requantizedType } from './quantized-type.ts';

/**
 * TFLite CONV_2D on integers, NCHW, with groups: x [N,C,H,W] per tensor, weight i8 [M,C/group,kH,kW] symmetric, per
 * channel (axis 0) or per tensor, bias int32 [M] of scale sx sw[m] (int64 for 16-bit x).
 * y = clamp(M[m] (bias[m] + sum (x - zx) w) + zy), M[m] = sx sw[m] / sy; pads count as the zero point.
 */
export const qlinearConv2d = defineOp({
  name: 'qlinear_conv2d',
  inputs: ['x', 'weight', 'bias?'],
  attrs: { ...windowAttrs, group: int(1), ...requantizedAttrs },
  traits: ['reduction', 'integer'],
  infer({ x, weight, bias }, attrs) {
    const window = { ...attrs, activation: 'none', activation_params: [] } as const;
    const { shape } = conv2d.infer({ x, weight }, window) as TensorType;
    checkWeight(weight, shape[1]);
    checkQuantizedBias(bias, x, shape[1]);
    weightMultipliers(x, weight, attrs);
    return requantizedType(shape, attrs);
  },
  evaluate(inputs, attrs, [type]) {
    const [m, perGroup] = image(inputs.weight.shape);
    const perOutputGroup = m / attrs.group;
    const firstChannel = (channel: number): number => Math.floor(channel / perOutputGroup) * perGroup;
    return convolveQuantized(
      inputs,
      { ...attrs, channelsPerOutput: perGroup, firstChannel },
      type as TensorType,
    );
  },
  macs: ({ weight }, _attrs, [type]) => windowMacs(weight, type),
});
