import type { Kernel } from '../../../kernel.ts';
import { depthwiseInPlace, pointwiseInPlace } from '../held-rows.ts';
import { convLayer, depthwiseLayer, type Int8Layer } from '../int8-layer.ts';
import { pairKernels } from '../pair-kernels.ts';
import { type LayerText, layerKernel } from '../tuned-layer.ts';
import { scalarConv2d, scalarConvFits, scalarConvScratch } from './conv2d.ts';
import { scalarDepthwiseConv2d, scalarDepthwiseFits, scalarDepthwiseScratch } from './depthwise-conv2d.ts';
import { packWeights } from './gemm.ts';
import { scalarPrelude } from './prelude.ts';
import { quantizeByIntegers } from './quantize.ts';

function convText(layer: Int8Layer, rows: number): LayerText | null {
  const { geometry, weight } = layer;
  if (!scalarConvFits(geometry)) return null;
  return {
    fn: scalarConv2d(layer, rows),
    packWeight: () => packWeights(weight, { m: geometry.m, k: geometry.inner, rows }),
    scratch: { bytes: scalarConvScratch(geometry), type: 'int32_t' },
    inPlace: pointwiseInPlace(geometry),
  };
}

function depthwiseText(layer: Int8Layer): LayerText | null {
  const { geometry, weight } = layer;
  if (!scalarDepthwiseFits(geometry)) return null;
  return {
    fn: scalarDepthwiseConv2d(layer),
    packWeight: () => weight,
    scratch: { bytes: scalarDepthwiseScratch(geometry), type: 'int32_t' },
    inPlace: depthwiseInPlace(layer),
  };
}

/** For cores without vectors; `rows`: output channels whose sums have room in registers together. */
export function scalarKernels(rows: number) {
  return {
    qlinear_conv2d: layerKernel(convLayer, (layer) => convText(layer, rows)),
    qlinear_depthwise_conv2d: layerKernel(depthwiseLayer, depthwiseText),
    quantize_linear: quantizeByIntegers,
    ...pairKernels(scalarPrelude),
  } satisfies { readonly [op: string]: Kernel };
}
