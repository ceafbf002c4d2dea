import { attrsOf, linearMultipliers, qlinearFullyConnected } from '@ghostc/ops';
import type { Kernel } from '../../kernel.ts';
import { convGeometry } from '../conv-geometry.ts';
import { input, shapeOf } from '../operands.ts';
import { foldedBias, layerData } from './accumulators.ts';
import { outputScale } from './output-scale.ts';
import { pointwiseCall } from './pointwise.ts';
import { windowConvCall } from './window-conv.ts';

export const fullyConnected: Kernel = {
  emit(context) {
    const { node } = context;
    const attrs = attrsOf(qlinearFullyConnected, node);
    const data = layerData(node);
    const [batch = 1, inner = 1] = shapeOf(input(node, 0));
    const multipliers = linearMultipliers(input(node, 0).type, input(node, 1).type, attrs);
    const scale = outputScale(context, { multipliers, wide: data.wide, attrs });
    const bias = foldedBias(node, data);
    if (bias)
      return pointwiseCall(context, { batch, inner, channels: data.channels, plane: 1, bias, data, scale });
    const geometry = convGeometry(node, { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] });
    return windowConvCall(context, { hint: 'dense', geometry, inputs: inner, first: '0', data, scale });
  },
};
