import type { LoweredOp } from '@ghostc/ops';
import type { Emit, Kernel } from '../kernel.ts';
import { binaryKernels } from './binary.ts';
import { convTranspose2d } from './conv-transpose2d.ts';
import { conv2d } from './conv2d.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { fullyConnected } from './fully-connected.ts';
import { gridSample } from './grid-sample.ts';
import { layerNorm } from './layer-norm.ts';
import { matmul } from './matmul.ts';
import { concat, reshape, slice, transpose } from './movement.ts';
import { pad } from './pad.ts';
import { averagePool, globalAveragePool, maxPool } from './pool.ts';
import { recurrent } from './recurrent.ts';
import { reduceKernels, softmax } from './reduce.ts';
import { resize } from './resize.ts';
import { unaryKernels } from './unary.ts';

/** One kernel for every op that lowering leaves in float. */
export const floatKernels = {
  ...emitting({
    ...unaryKernels,
    ...binaryKernels,
    ...reduceKernels,
    average_pool: averagePool,
    concat,
    conv_transpose2d: convTranspose2d,
    fully_connected: fullyConnected,
    global_average_pool: globalAveragePool,
    grid_sample: gridSample,
    layer_norm: layerNorm,
    matmul,
    pad,
    recurrent,
    reshape,
    resize,
    slice,
    softmax,
    transpose,
  }),
  conv2d,
  depthwise_conv2d: depthwiseConv2d,
  max_pool: maxPool,
} satisfies { readonly [K in LoweredOp]: Kernel };

/** Kernels that take every node, without working memory. */
function emitting<K extends string>(table: Readonly<Record<K, Emit>>): Readonly<Record<K, Kernel>> {
  const entries = Object.entries<Emit>(table).map(([op, emit]) => [op, { emit }]);
  return Object.fromEntries(entries) as Record<K, Kernel>;
}
