import {
  attrsOf,
  centredWeight,
  linearMultipliers,
  qlinearConv2d,
  qlinearDepthwiseConv2d,
  qlinearFullyConnected,
} from '@ghostc/ops';
import type { Emit, Kernel, KernelContext } from '../../kernel.ts';
import { constantAt, sourceOf } from '../operands.ts';
import { blockedConv, blockedScratchBytes, isBlocked } from './blocked-conv.ts';
import { dense } from './dense.ts';
import { laneConv } from './lane-conv.ts';
import { hasWholeRows, rowDepthwise } from './row-depthwise.ts';
import { layerOf, type WeightedLayer } from './weighted-layer.ts';

/** One pixel is a row of a matrix product; groups go element by element, the rest in blocks of channels and pixels. */
export const conv2d: Kernel = {
  scratchBytes: (node) => {
    const layer = convLayer({ node });
    return !isOnePixel(layer) && isBlocked(layer) ? blockedScratchBytes(layer) : 0;
  },
  sharing: (node) => {
    const layer = convLayer({ node });
    return { items: !isOnePixel(layer) && isBlocked(layer) ? 'blocks' : 'words' };
  },
  emit: (context) => {
    const layer = convLayer(context);
    if (isOnePixel(layer)) return [dense(context, layer)];
    if (isBlocked(layer)) return [blockedConv(context, layer)];
    return [laneConv(context, layer, layer.geometry.M / layer.group)];
  },
};

export const depthwiseConv2d: Kernel = {
  sharing: (node) => ({ items: 'words', perChannel: attrsOf(qlinearDepthwiseConv2d, node).multiplier }),
  emit: (context) => {
    const attrs = attrsOf(qlinearDepthwiseConv2d, context.node);
    const layer = layerOf(context, attrs, { attrs, group: attrs.multiplier });
    return [(hasWholeRows(layer) ? rowDepthwise : laneConv)(context, layer, attrs.multiplier)];
  },
};

export const fullyConnected: Emit = (context) => {
  const { node } = context;
  const attrs = attrsOf(qlinearFullyConnected, node);
  const [x, weight] = [sourceOf(node, 0).type, sourceOf(node, 1).type];
  const layer = {
    attrs,
    multipliers: linearMultipliers(x, weight, attrs),
    weight: centredWeight(constantAt(node, 1)),
    zeroPoint: x.quant?.zeroPoint[0] ?? 0,
  };
  return [dense(context, layer)];
};

function convLayer(context: Pick<KernelContext, 'node'>): WeightedLayer {
  const attrs = attrsOf(qlinearConv2d, context.node);
  return layerOf(context, attrs, { attrs, group: attrs.group });
}

function isOnePixel({ group, pads, geometry: { H, W, OH, OW, KH, KW } }: WeightedLayer): boolean {
  return group * H * W * OH * OW * KH * KW === 1 && pads.every((pad) => pad === 0);
}
