import type { LoweredOp, OpsWith } from '@ghostc/ops';
import type { Kernel } from '../kernel.ts';
import { binaryKernels } from './binary.ts';
import { convTranspose2d } from './conv-transpose2d.ts';
import { conv2d, wideConv2d } from './conv2d.ts';
import { concat, reshape, slice, transpose } from './copy.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { fullyConnected, wideFullyConnected } from './fully-connected.ts';
import { fusedGhostModule } from './ghost/fused-ghost-module.ts';
import { gridSample } from './grid-sample.ts';
import { emitting } from './kernel-table.ts';
import { layerNorm } from './layer-norm.ts';
import { matmul } from './matmul.ts';
import { pad } from './pad.ts';
import { averagePool, maxPool } from './pool.ts';
import { recurrent } from './recurrent.ts';
import { globalAveragePool, reduceKernels } from './reduce.ts';
import { resize } from './resize.ts';
import { softmax } from './softmax.ts';
import { squeezeExciteGate } from './squeeze-excite-gate.ts';
import { unaryKernels } from './unary.ts';

/** One kernel for every float op that lowering leaves. */
export const floatKernels = {
  ...emitting({
    ...unaryKernels,
    ...binaryKernels,
    average_pool: averagePool,
    concat,
    conv_transpose2d: convTranspose2d,
    depthwise_conv2d: depthwiseConv2d,
    grid_sample: gridSample,
    layer_norm: layerNorm,
    matmul,
    max_pool: maxPool,
    pad,
    recurrent,
    reshape,
    resize,
    slice,
    transpose,
  }),
  ...reduceKernels,
  conv2d: { emit: conv2d, emitWide: wideConv2d },
  fully_connected: { emit: fullyConnected, emitWide: wideFullyConnected },
  fused_ghost_module: fusedGhostModule,
  global_average_pool: globalAveragePool,
  softmax,
  squeeze_excite_gate: squeezeExciteGate,
} satisfies { readonly [K in LoweredOp | OpsWith<'gpu'>]: Kernel };
