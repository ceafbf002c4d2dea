import { type Node, staticShape } from '@ghostc/ir';
import {
  affineOf,
  attrsOf,
  clampRange,
  type FixedMultiplier,
  linearMultipliers,
  qlinearConv2d,
  qlinearDepthwiseConv2d,
  qlinearFullyConnected,
  type Requantized,
  type Rounding,
  weightMultipliers,
} from '@ghostc/ops';
import { type ConvGeometry, convGeometry } from '../../conv-geometry.ts';
import { input } from '../../operands.ts';
import { layerData } from '../accumulators.ts';
import { denseGeometry } from '../int8-layer.ts';

/** A layer on int8 as CMSIS-NN's convolutions take it: sums over x minus its zero point. */
export interface LayerParams {
  readonly geometry: ConvGeometry;
  /** Output channels per input channel of a depthwise convolution. */
  readonly multiplier: number;
  /** As in the graph: [M][inner]. */
  readonly weight: Int8Array;
  readonly bias: Int32Array;
  /** By output channel. */
  readonly fixed: readonly FixedMultiplier[];
  readonly xZeroPoint: number;
  readonly yZeroPoint: number;
  readonly clamp: readonly [number, number];
  readonly rounding: Rounding;
}

/** Null for a layer that is none of int8. */
export function convParams(node: Node): LayerParams | null {
  const attrs = attrsOf(qlinearConv2d, node);
  return params(node, { attrs, geometry: convGeometry(node, attrs), fixed: windowMultipliers(node, attrs) });
}

export function depthwiseParams(node: Node): LayerParams | null {
  const attrs = attrsOf(qlinearDepthwiseConv2d, node);
  const { multiplier } = attrs;
  const fixed = windowMultipliers(node, attrs);
  return params(node, { attrs, geometry: convGeometry(node, attrs), multiplier, fixed });
}

/** A linear layer is a convolution of one pixel, a row of x an image. */
export function denseParams(node: Node): LayerParams | null {
  const attrs = attrsOf(qlinearFullyConnected, node);
  if (staticShape(input(node, 0).type.shape).length !== 2) return null;
  const fixed = linearMultipliers(input(node, 0).type, input(node, 1).type, attrs);
  return params(node, { attrs, geometry: denseGeometry(node), fixed });
}

function windowMultipliers(node: Node, attrs: Requantized): readonly FixedMultiplier[] {
  return weightMultipliers(input(node, 0).type, input(node, 1).type, attrs);
}

interface Parts {
  readonly attrs: Requantized;
  readonly geometry: ConvGeometry;
  readonly multiplier?: number;
  readonly fixed: readonly FixedMultiplier[];
}

function params(node: Node, { attrs, geometry, multiplier = 1, fixed }: Parts): LayerParams | null {
  const types = [input(node, 0).type.dtype, input(node, 1).type.dtype, attrs.y_dtype];
  const [first] = fixed;
  if (!first || types.some((dtype) => dtype !== 'i8')) return null;
  const { weight, bias, channels } = layerData(node);
  return {
    geometry,
    multiplier,
    weight,
    bias: bias as Int32Array,
    fixed: Array.from({ length: channels }, (_, m) => fixed[m] ?? first),
    xZeroPoint: affineOf(input(node, 0).type, 'x').zeroPoint,
    yZeroPoint: attrs.y_zero_point,
    clamp: clampRange(attrs),
    rounding: attrs.rounding,
  };
}
