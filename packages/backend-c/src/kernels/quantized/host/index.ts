import type { Kernel } from '../../../kernel.ts';
import { convLayer, denseLayer, depthwiseLayer } from '../int8-layer.ts';

import { globalMean } from '../pool.ts';
import { layerKernel } from '../tuned-layer.ts';
import { depthwiseBytes } from './byte-depthwise.ts';
import { withBytes } from './bytes.ts';
import { convText, x86ConvText } from './conv2d.ts';
import { depthwiseText } from './depthwise-conv2d.ts';
import { add, mul, sub } from './elementwise.ts';
import { denseText } from './fully-connected.ts';
import { maxPool, vectorPlaneSum } from './pool.ts';

/** For processors with vectors: int8 in and out. */
export const hostKernels = {
  max_pool: maxPool,
  qlinear_add: add,
  qlinear_conv2d: layerKernel(convLayer, convText),
  qlinear_depthwise_conv2d: layerKernel(depthwiseLayer, depthwiseText),
  qlinear_fully_connected: layerKernel(denseLayer, denseText),
  qlinear_global_average_pool: globalMean(vectorPlaneSum),
  qlinear_mul: mul,
  qlinear_sub: sub,
} satisfies { readonly [op: string]: Kernel };

/** Those of x86-64. */
export const x86Kernels = {
  ...hostKernels,
  qlinear_conv2d: layerKernel(convLayer, x86ConvText),
  qlinear_depthwise_conv2d: layerKernel(depthwiseLayer, (layer) =>
    withBytes(depthwiseText(layer), depthwiseBytes(layer)),
  ),
} satisfies { readonly [op: string]: Kernel };
