import { attrsOf, qlinearConv2d, qlinearDepthwiseConv2d, weightMultipliers } from '@ghostc/ops';
import type { Kernel, KernelContext } from '../../kernel.ts';
import { convGeometry, isPointwise } from '../conv-geometry.ts';
import { input } from '../operands.ts';
import { foldedBias, layerData } from './accumulators.ts';
import { outputScale } from './output-scale.ts';
import { type Pointwise, pointwiseCall } from './pointwise.ts';
import { windowConvCall } from './window-conv.ts';

/** A convolution before its code. */
function convolution(context: KernelContext) {
  const { node } = context;
  const attrs = attrsOf(qlinearConv2d, node);
  const data = layerData(node);
  const multipliers = weightMultipliers(input(node, 0).type, input(node, 1).type, attrs);
  const scale = outputScale(context, { multipliers, wide: data.wide, attrs });
  return { geometry: convGeometry(node, attrs), data, scale };
}

/** A 1x1 convolution as a matrix product; null for other windows, for groups, and where sums over raw x could overflow. */
export function pointwiseTask(context: KernelContext): Pointwise | null {
  const { geometry, data, scale } = convolution(context);
  const { batch, channels, m, group, height, width } = geometry;
  const bias = isPointwise(geometry) && group === 1 ? foldedBias(context.node, data) : null;
  return bias && { batch, inner: channels, channels: m, plane: height * width, bias, data, scale };
}

export const conv2d: Kernel = {
  emit(context) {
    const task = pointwiseTask(context);
    if (task) return pointwiseCall(context, task);
    const { geometry, data, scale } = convolution(context);
    const { channels, m, group } = geometry;
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

export const depthwiseConv2d: Kernel = {
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
