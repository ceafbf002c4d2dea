import { convParams, denseParams, depthwiseParams } from '../int8-layer.ts';
import type { QuantizedKernel } from '../quantized-kernel.ts';
import { add } from './add.ts';
import { convolutionKernel, depthwiseKernel } from './convolution.ts';

/** Calls of CMSIS-NN, which the user has: int8 in and out. */
export const cmsisKernels = {
  qlinear_add: add,
  qlinear_conv2d: convolutionKernel(convParams),
  qlinear_depthwise_conv2d: depthwiseKernel(depthwiseParams),
  qlinear_fully_connected: convolutionKernel(denseParams),
} satisfies { readonly [op: string]: QuantizedKernel };
