import type { Node } from '@ghostc/ir';
import type { LoweredOp, OpsWith } from '@ghostc/ops';
import { isPacked } from '../../is-packed.ts';
import type { Emit, Kernel, Sharing } from '../../kernel.ts';
import { emitting, tableOf } from '../kernel-table.ts';
import { convTranspose2d } from './conv-transpose2d.ts';
import { castBytes, dequantize, quantize } from './convert.ts';
import { add, lookup, mul, prelu, requantize, sub } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { concat, expand, gather, pad, reshape, resize, slice, transpose } from './movement.ts';
import { averagePool, globalAveragePool, maxPool } from './pool.ts';
import { bilinearResize } from './resize.ts';
import { softmax } from './softmax.ts';
import { conv2d, depthwiseConv2d, fullyConnected } from './weighted.ts';

/** An output depends on its own channel, and a word of outputs is an item. */
const byChannel = (): Sharing => ({ items: 'words', perChannel: 1 });

function sharing<K extends string>(
  how: (node: Node) => Sharing,
  table: Readonly<Record<K, Emit>>,
): Readonly<Record<K, Kernel>> {
  return tableOf(Object.keys(table) as K[], (op) => ({ emit: table[op], sharing: how }));
}

/** One kernel for every quantised op, for i8 and u8. */
export const quantizedKernels = {
  ...emitting({
    dequantize_linear: dequantize,
    qlinear_conv_transpose2d: convTranspose2d,
    qlinear_matmul: matmul,
    qlinear_resize: bilinearResize,
    qlinear_softmax: softmax,
    quantize_linear: quantize,
  }),
  ...sharing(byChannel, {
    qlinear_add: add,
    qlinear_average_pool: averagePool,
    qlinear_global_average_pool: globalAveragePool,
    qlinear_lookup: lookup,
    qlinear_mul: mul,
    qlinear_prelu: prelu,
    qlinear_sub: sub,
    requantize,
  }),
  ...sharing(() => ({ items: 'words' }), { qlinear_fully_connected: fullyConnected }),
  qlinear_conv2d: conv2d,
  qlinear_depthwise_conv2d: depthwiseConv2d,
} satisfies { readonly [K in OpsWith<'quantized'>]: Kernel };

/** Ops of any element type, on bytes. */
export const byteKernels = {
  ...emitting({ concat, expand, gather, max_pool: maxPool, pad, reshape, slice, transpose }, ({ output }) =>
    isPacked(output.type),
  ),
  cast: castBytes,
  resize: {
    accepts: ({ output, attrs }) => isPacked(output.type) && attrs.mode !== 'linear',
    emit: resize,
  },
} satisfies { readonly [K in LoweredOp | OpsWith<'general'>]?: Kernel };
