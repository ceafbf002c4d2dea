import { attrsOf, qlinearConv2d, qlinearDepthwiseConv2d, weightMultipliers } from '@ghostc/ops';
import { convGeometry, isPointwise } from '../conv-geometry.ts';
import { input } from '../operands.ts';
import { foldedBias, layerData } from './accumulators.ts';
import { outputScale } from './output-scale.ts';
import { pointwiseCall } from './pointwise.ts';
import type { QuantizedKernel } from './quantized-kernel.ts';
import { windowConvCall } from './window-conv.ts';

export const conv2d: QuantizedKernel = {
  emit(context) {
    const { node } = context;
    const attrs = attrsOf(qlinearConv2d, node);
    const geometry = convGeometry(node, attrs);
    const data = layerData(node);
    const [x, weight] = [input(node, 0).type, input(node, 1).type];
    const scale = outputScale(context, {
      multipliers: weightMultipliers(x, weight, attrs),
      wide: data.wide,
      attrs,
    });
    const { batch, channels, m, group, height, width } = geometry;
    const bias = isPointwise(geometry) && group === 1 ? foldedBias(node, data) : null;
    if (bias)
      return pointwiseCall(context, {
        ...{ batch, inner: channels, channels: m, plane: height * width },
        ...{ bias, data, scale },
      });
    const inputs = channels / group;
    const first = group === 1 ? '0' : `(m / ${m / group}) * ${inputs}`;
    return windowConvCall(context, {
      hint: group > 1 ? `conv_g${group}` : 'conv',
      geometry,
      inputs,
      first,
      data,
      scale,
    });
  },
};

export const depthwiseConv2d: QuantizedKernel = {
  emit(context) {
    const { node } = context;
    const attrs = attrsOf(qlinearDepthwiseConv2d, node);
    const data = layerData(node);
    const multipliers = weightMultipliers(input(node, 0).type, input(node, 1).type, attrs);
    return windowConvCall(context, {
      hint: attrs.multiplier > 1 ? `dw${attrs.multiplier}` : 'dw',
      geometry: convGeometry(node, attrs),
      inputs: 1,
      first: attrs.multiplier > 1 ? `(m / ${attrs.multiplier})` : 'm',
      data,
      scale: outputScale(context, { multipliers, wide: data.wide, attrs }),
    });
  },
};
