import type { Kernel } from '../../../kernel.ts';
import { isDense } from '../../conv-geometry.ts';
import { depthwiseInPlace, pointwiseInPlace } from '../held-rows.ts';
import { convLayer, denseLayer, denseOf, depthwiseLayer, type Int8Layer } from '../int8-layer.ts';
import { pairKernels } from '../pair-kernels.ts';
import { globalMean } from '../pool.ts';
import { type LayerText, layerKernel } from '../tuned-layer.ts';
import { dspConv2d, dspConvFits, dspConvScratch, holdsRows, packDspConv } from './conv2d.ts';
import { dspDepthwiseConv2d, dspDepthwiseFits, dspDepthwiseScratch } from './depthwise-conv2d.ts';
import { dspDenseScratch, dspFullyConnected, packDspDense } from './fully-connected.ts';
import { ghostRows } from './ghost-rows.ts';
import { packedWords } from './packed-words.ts';
import { dspPlaneSum } from './plane-sum.ts';
import { dspPrelude } from './prelude.ts';
import type { Issue } from './products.ts';

function convText(layer: Int8Layer, issue: Issue): LayerText | null {
  const { geometry, weight } = layer;
  if (isDense(geometry)) return denseText(layer);
  if (!dspConvFits(geometry)) return null;
  return {
    fn: dspConv2d(layer, issue),
    packWeight: () => packedWords(packDspConv(weight, geometry)),
    scratch: { bytes: dspConvScratch(geometry), type: 'int32_t' },
    inPlace: holdsRows(geometry) || pointwiseInPlace(geometry),
  };
}

function denseText(layer: Int8Layer): LayerText {
  const dense = denseOf(layer);
  const { outputs, inner } = dense;
  return {
    fn: dspFullyConnected(dense),
    packWeight: () => packedWords(packDspDense(layer.weight, outputs, inner)),
    scratch: { bytes: dspDenseScratch(inner), type: 'int32_t' },
    inPlace: false,
  };
}

function depthwiseText(layer: Int8Layer): LayerText | null {
  const { geometry, weight } = layer;
  if (!dspDepthwiseFits(geometry)) return null;
  const scratch = { bytes: dspDepthwiseScratch(geometry), type: 'int32_t' } as const;
  return {
    fn: dspDepthwiseConv2d(layer),
    packWeight: () => weight,
    scratch,
    inPlace: depthwiseInPlace(layer),
  };
}

/** For ARMv7E-M with the DSP extension, int8 in and out. */
export function dspKernels(issue: Issue) {
  return {
    ghost_rows: ghostRows(issue),
    qlinear_conv2d: layerKernel(convLayer, (layer) => convText(layer, issue)),
    qlinear_depthwise_conv2d: layerKernel(depthwiseLayer, depthwiseText),
    qlinear_fully_connected: layerKernel(denseLayer, denseText),
    qlinear_global_average_pool: globalMean(dspPlaneSum),
    ...pairKernels(dspPrelude),
  } satisfies { readonly [op: string]: Kernel };
}
