import type { Kernel } from '../../../kernel.ts';
import { isDense, isPointwise } from '../../conv-geometry.ts';
import { dspKernels } from '../dsp/index.ts';
import { depthwiseInPlace, pointwiseInPlace, writesTrailHeldRows } from '../held-rows.ts';
import { convLayer, denseLayer, denseOf, depthwiseLayer, type Int8Layer } from '../int8-layer.ts';
import { globalMean } from '../pool.ts';
import { firstOf, type LayerText, layerKernel } from '../tuned-layer.ts';
import { mveConv2d, mveConvFits, mveConvScratch, packMveConv } from './conv2d.ts';
import { mveDepthwiseConv2d, mveDepthwiseFits, mveDepthwiseScratch } from './depthwise-conv2d.ts';
import { add, mul, sub } from './elementwise.ts';
import { mveFullyConnected } from './fully-connected.ts';
import { maxPool } from './max-pool.ts';
import { mvePlaneSum } from './plane-sum.ts';

function convText(layer: Int8Layer): LayerText | null {
  const { geometry, weight } = layer;
  if (isDense(geometry)) return denseText(layer);
  if (!mveConvFits(geometry)) return null;
  const scratch = { bytes: mveConvScratch(geometry), type: 'int8_t' } as const;
  const inPlace = isPointwise(geometry) ? pointwiseInPlace(geometry) : writesTrailHeldRows(geometry);
  return { fn: mveConv2d(layer), packWeight: () => packMveConv(weight), scratch, inPlace };
}

function denseText(layer: Int8Layer): LayerText {
  const fn = mveFullyConnected(denseOf(layer));
  return { fn, packWeight: () => packMveConv(layer.weight), scratch: null, inPlace: false };
}

function depthwiseText(layer: Int8Layer): LayerText | null {
  const { geometry, weight } = layer;
  if (!mveDepthwiseFits(geometry)) return null;
  const scratch = { bytes: mveDepthwiseScratch(geometry), type: 'int32_t' } as const;
  return {
    fn: mveDepthwiseConv2d(layer),
    packWeight: () => weight,
    scratch,
    inPlace: depthwiseInPlace(layer),
  };
}

const withoutVectors = dspKernels('single');

/** For Helium, bytes in and out; the DSP extension, which such cores have too, where there is no vector kernel. */
export const mveKernels = {
  max_pool: maxPool,
  qlinear_add: firstOf(add, withoutVectors.qlinear_add),
  qlinear_conv2d: firstOf(layerKernel(convLayer, convText), withoutVectors.qlinear_conv2d),
  qlinear_depthwise_conv2d: firstOf(
    layerKernel(depthwiseLayer, depthwiseText),
    withoutVectors.qlinear_depthwise_conv2d,
  ),
  qlinear_fully_connected: layerKernel(denseLayer, denseText),
  qlinear_global_average_pool: globalMean(mvePlaneSum),
  qlinear_mul: firstOf(mul, withoutVectors.qlinear_mul),
  qlinear_sub: firstOf(sub, withoutVectors.qlinear_sub),
} satisfies { readonly [op: string]: Kernel };
