import { type DType, type Node, staticShape } from '@ghostc/ir';
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
  weightMultipliers,
} from '@ghostc/ops';
import { type ConvGeometry, convGeometry } from '../conv-geometry.ts';
import { input } from '../operands.ts';
import { type LayerData, layerData, rawAccumulators } from './accumulators.ts';
import { type Requantization, type RequantPlan, requantPlan } from './requant-plan.ts';

/** A layer from int8 to int8 as in the graph: sums over x minus its zero point. */
export interface Int8Params extends LayerData {
  readonly weight: Int8Array;
  readonly geometry: ConvGeometry;
  /** Output channels per input channel of a depthwise convolution, else 1. */
  readonly multiplier: number;
  readonly xZeroPoint: number;
  readonly to: Requantization;
}

/** The same in the form of the tuned kernels: sums over raw x, int32 tables by output channel. */
export interface Int8Layer extends Int8Params {
  readonly plan: RequantPlan;
}

/** Null where the layer is not an int8 one. */
export function convParams(node: Node): Int8Params | null {
  const attrs = attrsOf(qlinearConv2d, node);
  return paramsOf(node, {
    attrs,
    geometry: convGeometry(node, attrs),
    multipliers: windowMultipliers(node, attrs),
  });
}

export function depthwiseParams(node: Node): Int8Params | null {
  const attrs = attrsOf(qlinearDepthwiseConv2d, node);
  return paramsOf(node, {
    attrs,
    multiplier: attrs.multiplier,
    geometry: convGeometry(node, attrs),
    multipliers: windowMultipliers(node, attrs),
  });
}

/** A linear layer is a convolution of one pixel, a row of x an image. */
export function denseParams(node: Node): Int8Params | null {
  const attrs = attrsOf(qlinearFullyConnected, node);
  const multipliers = linearMultipliers(input(node, 0).type, input(node, 1).type, attrs);
  return paramsOf(node, { attrs, geometry: denseGeometry(node), multipliers });
}

function windowMultipliers(node: Node, attrs: Requantized): readonly FixedMultiplier[] {
  return weightMultipliers(input(node, 0).type, input(node, 1).type, attrs);
}

function denseGeometry(node: Node): ConvGeometry {
  const [batch = 1, inner = 1] = staticShape(input(node, 0).type.shape);
  const m = Number(input(node, 1).type.shape[0]);
  const one = { height: 1, width: 1, outHeight: 1, outWidth: 1, kernelHeight: 1, kernelWidth: 1, group: 1 };
  const steps = { strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, padTop: 0, padLeft: 0 };
  return { ...one, ...steps, batch, channels: inner, inner, m };
}

interface LayerParts {
  readonly multiplier?: number;
  readonly attrs: Requantized;
  readonly geometry: ConvGeometry;
  readonly multipliers: readonly FixedMultiplier[];
}

function paramsOf(
  node: Node,
  { attrs, geometry, multiplier = 1, multipliers }: LayerParts,
): Int8Params | null {
  const types: DType[] = [input(node, 0).type.dtype, input(node, 1).type.dtype, attrs.y_dtype];
  const [first] = multipliers;
  if (!first || types.some((dtype) => dtype !== 'i8')) return null;
  const { weight, ...data } = layerData(node);
  if (weight instanceof Int16Array) return null;
  const fixed = Array.from({ length: data.channels }, (_, m) => multipliers[m] ?? first);
  const { zeroPoint } = affineOf(input(node, 0).type, 'x');
  const to = { fixed, rounding: attrs.rounding, zeroPoint: attrs.y_zero_point, clamp: clampRange(attrs) };
  return { ...data, weight, geometry, multiplier, xZeroPoint: zeroPoint, to };
}

/** Null where the layer is not an int8 one, or leaves int32. */
export function convLayer(node: Node): Int8Layer | null {
  return layerOf(node, convParams(node));
}

export function depthwiseLayer(node: Node): Int8Layer | null {
  return layerOf(node, depthwiseParams(node));
}

export function denseLayer(node: Node): Int8Layer | null {
  return layerOf(node, denseParams(node));
}

function layerOf(node: Node, params: Int8Params | null): Int8Layer | null {
  const sums = params && rawAccumulators(node, params);
  const plan = sums && requantPlan(params.to, sums);
  return plan && { ...params, plan };
}

/** A linear layer: [rows][outputs] from [rows][inner]. */
export interface Dense {
  readonly rows: number;
  readonly inner: number;
  readonly outputs: number;
  readonly plan: RequantPlan;
}

export function denseOf({ geometry: { batch, inner, m }, plan }: Int8Layer): Dense {
  return { rows: batch, inner, outputs: m, plan };
}
