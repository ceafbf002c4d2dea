import type { LoweredOp } from '@ghostc/ops';
import type { Kernel } from '../kernel.ts';
import { binaryKernels } from './binary.ts';
import { conv2d } from './conv2d.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { fullyConnected } from './fully-connected.ts';
import { matmul } from './matmul.ts';
import { concat, reshape, slice, transpose } from './movement.ts';
import { pad } from './pad.ts';
import { averagePool, globalAveragePool, maxPool } from './pool.ts';
import { reduceKernels, softmax } from './reduce.ts';
import { resize } from './resize.ts';
import { unaryKernels } from './unary.ts';

/** One kernel for every op that lowering leaves. */
export const kernels = {
  ...unaryKernels,
  ...binaryKernels,
  ...reduceKernels,
  average_pool: averagePool,
  concat,
  conv2d,
  depthwise_conv2d: depthwiseConv2d,
  fully_connected: fullyConnected,
  global_average_pool: globalAveragePool,
  matmul,
  max_pool: maxPool,
  pad,
  reshape,
  resize,
  slice,
  softmax,
  transpose,
} satisfies { readonly [K in LoweredOp]: Kernel };
