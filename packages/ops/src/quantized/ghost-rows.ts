import { type Attrs, itemAt, Node } from '@ghostc/ir';
import { epilogue, int, ints, oneOf } from '../attr-spec.ts';
import { type AttrValues, attrsOf, defineOp, evaluateOne } from '../define-op.ts';
import { windowAttrs } from '../window/conv2d.ts';
import { qlinearConv2d } from './qlinear-conv2d.ts';
import { qlinearDepthwiseConv2d } from './qlinear-depthwise-conv2d.ts';
import { quantizedFacts } from './quantized-facts.ts';
import { outputQuantAttrs } from './quantized-type.ts';
import { defaultRounding, roundings } from './requantize.ts';

const ghostRowsAttrs = {
  ...outputQuantAttrs,
  rounding: oneOf(roundings, defaultRounding),
  primary_clamp: epilogue(ints([])),
  pads: windowAttrs.pads,
  dilations: windowAttrs.dilations,
  multiplier: int(1),
  cheap_clamp: epilogue(ints([])),
} as const;
type GhostRowsAttrs = AttrValues<typeof ghostRowsAttrs>;

/**
 * A quantised Ghost module for kernels that compute it row by row: p = qlinear_conv2d(x) with primary_weight [M,C,1,1], and
 * q = qlinear_depthwise_conv2d(p) with cheap_weight [multiplier M or less,1,k,k] at stride 1. Both are results, [N,M,H,W] of one
 * scale, zero point and rounding, so that a concat of them is a placement. `pads`, `dilations` and `multiplier` are the cheap
 * operation's.
 */
export const ghostRows = defineOp({
  name: 'ghost_rows',
  inputs: ['x', 'primary_weight', 'primary_bias?', 'cheap_weight', 'cheap_bias?'],
  attrs: ghostRowsAttrs,
  traits: ['reduction', 'integer'],
  ...quantizedFacts,
  computed: 'mcu',
  storage: 'own',
  rows: 'none',
  channels: 'none',
  infer(inputs, attrs) {
    const { x, primary_weight, primary_bias = null, cheap_weight, cheap_bias = null } = inputs;
    const { primary, cheap } = layerAttrs(attrs);
    const [p] = qlinearConv2d.inferTypes([x, primary_weight, primary_bias], primary);
    const [q] = qlinearDepthwiseConv2d.inferTypes([p, cheap_weight, cheap_bias], cheap);
    return [p, q];
  },
  evaluate({ x, primary_weight, primary_bias = null, cheap_weight, cheap_bias = null }, attrs) {
    const { primary, cheap } = layerAttrs(attrs);
    const p = evaluateOne(qlinearConv2d, [x, primary_weight, primary_bias], primary);
    return [p, evaluateOne(qlinearDepthwiseConv2d, [p, cheap_weight, cheap_bias], cheap)];
  },
  macs({ x, primary_weight, cheap_weight }, _attrs, [p, q]) {
    const primary = qlinearConv2d.countMacs([x, primary_weight, null], {}, [p]);
    return primary + qlinearDepthwiseConv2d.countMacs([p ?? null, cheap_weight, null], {}, [q ?? p]);
  },
});

function layerAttrs({ primary_clamp, cheap_clamp, ...rest }: GhostRowsAttrs): {
  primary: Attrs;
  cheap: Attrs;
} {
  const { pads, dilations, multiplier, ...quant } = rest;
  return {
    primary: { ...quant, clamp: primary_clamp },
    cheap: { ...quant, clamp: cheap_clamp, pads, dilations, multiplier },
  };
}

/** The two layers of a Ghost module. */
export interface GhostLayerNodes {
  readonly primary: Node;
  readonly cheap: Node;
}

/** The layers that a `ghost_rows` replaces, as nodes outside any graph. */
export function layersOfGhostRows({ inputs, outputs, attrs, origin }: Node): GhostLayerNodes {
  const [x = null, weight = null, bias = null, cheapWeight = null, cheapBias = null] = inputs;
  const [p, q] = [itemAt(outputs, 0), itemAt(outputs, 1)];
  const { primary, cheap } = layerAttrs(attrsOf(ghostRows, { attrs }));
  const layer = { origin, partOrigins: [] };
  return {
    primary: new Node({
      ...layer,
      op: 'qlinear_conv2d',
      inputs: [x, weight, bias],
      outputs: [p],
      attrs: primary,
    }),
    cheap: new Node({
      ...layer,
      op: 'qlinear_depthwise_conv2d',
      inputs: [p, cheapWeight, cheapBias],
      outputs: [q],
      attrs: cheap,
    }),
  };
}
