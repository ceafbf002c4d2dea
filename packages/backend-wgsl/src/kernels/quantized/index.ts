import type { LoweredOp, OpsWith } from '@ghostc/ops';
import { isPacked } from '../../is-packed.ts';
import type { Kernel } from '../../kernel.ts';
import { emitting } from '../kernel-table.ts';
import { convTranspose2d } from './conv-transpose2d.ts';
import { castBytes, dequantize, quantize } from './convert.ts';
import { add, lookup, mul, prelu, requantize, sub } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { concat, pad, reshape, resize, slice, transpose } from './movement.ts';
import { averagePool, globalAveragePool, maxPool } from './pool.ts';
import { bilinearResize } from './resize.ts';
import { softmax } from './softmax.ts';
import { conv2d, depthwiseConv2d, fullyConnected } from './weighted.ts';

/** One kernel for every quantised op, for i8 and u8. */
export const quantizedKernels = {
  ...emitting({
    dequantize_linear: dequantize,
    qlinear_add: add,
    qlinear_average_pool: averagePool,
    qlinear_conv_transpose2d: convTranspose2d,
    qlinear_depthwise_conv2d: depthwiseConv2d,
    qlinear_fully_connected: fullyConnected,
    qlinear_global_average_pool: globalAveragePool,
    qlinear_lookup: lookup,
    qlinear_matmul: matmul,
    qlinear_mul: mul,
    qlinear_prelu: prelu,
    qlinear_resize: bilinearResize,
    qlinear_softmax: softmax,
    qlinear_sub: sub,
    quantize_linear: quantize,
    requantize,
  }),
  qlinear_conv2d: conv2d,
} satisfies { readonly [K in OpsWith<'quantized'>]: Kernel };

/** Ops of any element type, on bytes. */
export const byteKernels = {
  ...emitting({ concat, max_pool: maxPool, pad, reshape, slice, transpose }, ({ output }) =>
    isPacked(output.type),
  ),
  cast: castBytes,
  resize: {
    accepts: ({ output, attrs }) => isPacked(output.type) && attrs.mode !== 'linear',
    emit: resize,
  },
} satisfies { readonly [K in LoweredOp | OpsWith<'general'>]?: Kernel };
