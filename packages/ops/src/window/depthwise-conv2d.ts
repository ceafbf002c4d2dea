import { CompileError } from '@ghostc/ir';
import { int } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { activationAttrs } from '../elementwise/activation.ts';
import { layerTerms, weightsPerOutput } from '../operand-sizes.ts';
import { windowAttrs, windowMacs, windowType } from './conv2d.ts';
import { convolve, multiplierChannels } from './convolve.ts';
import { imageShape, planeShape } from './window.ts';

/**
 * Depthwise 2-d convolution (TFLite DEPTHWISE_CONV_2D): output channel m reads input channel floor(m / multiplier).
 * x [N,C,H,W], weight [M,1,kH,kW] with M <= C * multiplier: M may be less, so that a Ghost module computes only the
 * channels that its slice keeps. bias [M], residual [N,M,H',W'].
 */
export const depthwiseConv2d = defineOp({
  name: 'depthwise_conv2d',
  inputs: ['x', 'weight', 'bias?', 'residual?'],
  attrs: { ...windowAttrs, multiplier: int(1), ...activationAttrs },
  traits: ['reduction', 'window'],
  computed: 'kernel',
  integerForm: { kind: 'weighted', op: 'qlinear_depthwise_conv2d' },
  onIntegers: 'wide',
  error: { kind: 'sum', terms: layerTerms },
  ulp: (node) => 2 * weightsPerOutput(node),
  storage: 'residual',
  rows: 'window',
  channels: 'filters',
  epilogue: { kind: 'producer' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x, weight, bias, residual }, attrs) {
    const [, channels] = planeShape(x, 'x');
    const [m, one] = imageShape(weight, 'weight');
    if (one !== 1 || Number(m) > Number(channels) * attrs.multiplier) {
      throw new CompileError(
        'depthwise_conv2d/infer',
        `weight expects [M,1,kH,kW] with M <= ${channels} x ${attrs.multiplier}, found [${weight.shape.join(',')}]`,
      );
    }
    return windowType({ x, weight, bias, residual }, attrs);
  },
  evaluate: (inputs, attrs, [type]) =>
    convolve(inputs, { ...attrs, ...multiplierChannels(attrs.multiplier) }, type),
  macs: ({ weight }, _attrs, [type]) => windowMacs(weight, type),
});
