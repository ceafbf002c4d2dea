import { dataOf, staticShape, toNumbers } from '@ghostc/ir';
import { int, ints } from '../attr-spec.ts';
import { defineOp, firstType } from '../define-op.ts';
import { convTranspose2d, transposedSums } from '../window/conv-transpose2d.ts';
import { windowAttrs } from '../window/conv2d.ts';
import { image } from '../window/window.ts';
import {
  accumulatorScale,
  centred,
  layerType,
  requantizeChannels,
  weightMultipliers,
} from './qlinear-window.ts';
import { quantizedFacts } from './quantized-facts.ts';
import { quantizedTensor, requantizedAttrs } from './quantized-type.ts';

/**
 * TFLite TRANSPOSE_CONV on integers, NCHW, with groups: x [N,C,H,W] per tensor, weight i8 [M,C/group,kH,kW] symmetric, per
 * channel (axis 0) or per tensor, bias int32 [M] of scale sx sw[m] (int64 for 16-bit x).
 * y = clamp(M[m] (bias[m] + sum (x - zx) w) + zy) over the taps that reach it, M[m] = sx sw[m] / sy.
 */
export const qlinearConvTranspose2d = defineOp({
  name: 'qlinear_conv_transpose2d',
  inputs: ['x', 'weight', 'bias?'],
  attrs: { ...windowAttrs, output_padding: ints([0, 0]), group: int(1), ...requantizedAttrs },
  traits: ['reduction', 'integer', 'window'],
  ...quantizedFacts,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  infer({ x, weight, bias }, attrs) {
    const window = { ...attrs, activation: 'none', activation_params: [] } as const;
    const { shape } = firstType(convTranspose2d.infer({ x, weight, bias }, window));
    return layerType(shape, { x, weight, bias }, attrs, { zeros: 'zero' });
  },
  evaluate({ x, weight, bias }, attrs, [type]) {
    const shape = image(type.shape);
    const source = { data: centred(x), shape: image(x.shape) };
    const taps = { data: dataOf(weight, 'i8'), shape: image(weight.shape) };
    const sums = transposedSums(source, { taps, biases: bias && toNumbers(bias), window: attrs, shape });
    const data = requantizeChannels(sums, {
      multipliers: weightMultipliers(x, weight, attrs),
      plane: shape[2] * shape[3],
      channels: shape[1],
      scale: accumulatorScale(x, attrs),
      attrs,
    });
    return quantizedTensor(type, staticShape(type.shape), data);
  },
  macs: ({ x, weight }) => {
    const [n, , height, width] = image(x.shape);
    return image(weight.shape).reduce((product, size) => product * size, n * height * width);
  },
});
