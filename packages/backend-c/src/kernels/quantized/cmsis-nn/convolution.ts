import type { Node } from '@ghostc/ir';
import type { CFunction, Kernel, KernelContext } from '../../../kernel.ts';
import { type ConvGeometry, geometryName } from '../../conv-geometry.ts';
import { input } from '../../operands.ts';
import { accepted } from '../accepted.ts';
import type { Int8Params } from '../int8-layer.ts';
import { convFits, depthwiseFits } from './library-limits.ts';
import { cmsisPrelude } from './prelude.ts';

/** What distinguishes a convolution from a depthwise one. */
interface ConvKind {
  readonly name: 'conv' | 'dw';
  /** The library's function; `<wrapper>_get_buffer_size` returns its working memory. */
  readonly wrapper: string;
  readonly paramsType: string;
  /** Initialisers of the parameters that the other has not. */
  readonly extra: (params: Int8Params) => string[];
  /** n, h, w, c of the filter. */
  readonly filter: (geometry: ConvGeometry) => readonly number[];
  /** Weights [m][c][h][w] in the order that the library reads. */
  readonly pack: (params: Int8Params) => Int8Array;
  readonly fits: (params: Int8Params) => boolean;
  /** Bytes that the library may need: the maximum over its builds. */
  readonly workBytes: (geometry: ConvGeometry) => number;
}

const conv: ConvKind = {
  name: 'conv',
  wrapper: 'arm_convolve_wrapper_s8',
  paramsType: 'cmsis_nn_conv_params',
  extra: () => [],
  filter: ({ m, kernelHeight, kernelWidth, channels }) => [m, kernelHeight, kernelWidth, channels],
  pack: ({ weight, geometry }) =>
    channelsLast(weight, geometry.m, geometry.kernelHeight * geometry.kernelWidth),
  fits: ({ geometry }) => geometry.group === 1 && convFits(geometry),
  workBytes: ({ inner }) => columnBytes(inner),
};

const depthwise: ConvKind = {
  name: 'dw',
  wrapper: 'arm_depthwise_conv_wrapper_s8',
  paramsType: 'cmsis_nn_dw_conv_params',
  extra: ({ multiplier }) => [`.ch_mult = ${multiplier},`],
  filter: ({ m, kernelHeight, kernelWidth }) => [1, kernelHeight, kernelWidth, m],
  pack: ({ weight, geometry }) => channelsLast(weight, 1, geometry.kernelHeight * geometry.kernelWidth),
  fits: ({ geometry, multiplier }) =>
    geometry.m === geometry.channels * multiplier && depthwiseFits(geometry),
  workBytes: ({ channels, m, kernelHeight, kernelWidth }) => {
    const taps = kernelHeight * kernelWidth;
    const asConv = channels === 1 ? columnBytes(taps) + taps * m : 0;
    return Math.max(taps * Math.max(2 * channels, 512), asConv);
  },
};

/** Four windows of `inner` inputs each, in lanes of 16 bytes: Helium's, and the most of all builds. */
function columnBytes(inner: number): number {
  return 64 * Math.ceil(inner / 16);
}

/** Blocks of [channels][pixels] as [pixels][channels]. */
function channelsLast(data: Int8Array, blocks: number, pixels: number): Int8Array {
  const channels = data.length / blocks / pixels;
  return data.map((_, to) => {
    const [block, rest] = [Math.floor(to / (channels * pixels)), to % (channels * pixels)];
    const [pixel, channel] = [Math.floor(rest / channels), rest % channels];
    return data[(block * channels + channel) * pixels + pixel] ?? 0;
  });
}

/** Where in the working memory things are; -1: the tensor is used where it lies. */
interface Work {
  readonly x: number;
  readonly y: number;
  readonly library: number;
  readonly bytes: number;
}

const rounded = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** A tensor of one channel or of one pixel is the same with channels last. */
function workOf(kind: ConvKind, geometry: ConvGeometry): Work {
  const { channels, height, width, m, outHeight, outWidth } = geometry;
  const [pixels, outPixels] = [height * width, outHeight * outWidth];
  const xBytes = channels > 1 && pixels > 1 ? rounded(channels * pixels) : 0;
  const yBytes = m > 1 && outPixels > 1 ? rounded(m * outPixels) : 0;
  const library = xBytes + yBytes;
  return {
    x: xBytes ? 0 : -1,
    y: yBytes ? xBytes : -1,
    library,
    bytes: library + rounded(kind.workBytes(geometry)),
  };
}

function convFunction(kind: ConvKind, params: Int8Params): CFunction {
  const { geometry, to } = params;
  const work = workOf(kind, geometry);
  return {
    hint: `cmsis_${kind.name}_${geometryName(geometry)}`,
    result: 'status',
    needs: [cmsisPrelude(to.rounding)],
    params: [
      'const int8_t *x',
      'const int8_t *w',
      'const int32_t *b',
      'const int32_t *multiplier',
      'const int32_t *shift',
      'int8_t *y',
      'int8_t *work',
    ],
    body: [
      ...structs(kind, params, work),
      `if (${kind.wrapper}_get_buffer_size(&params, &input, &filter, &output) > context.size) {`,
      'return 1;',
      '}',
      ...(work.x < 0
        ? []
        : copy({
            from: 'x',
            to: 'work',
            rows: geometry.channels,
            columns: geometry.height * geometry.width,
          })),
      `if (${kind.wrapper}(&context, &params, &quant, &input, ${work.x < 0 ? 'x' : 'work'}, &filter, w, &bias, b, &output, ${
        work.y < 0 ? 'y' : `work + ${work.y}`
      }) != ARM_CMSIS_NN_SUCCESS) {`,
      'return 1;',
      '}',
      ...(work.y < 0
        ? []
        : copy({
            from: `(work + ${work.y})`,
            to: 'y',
            rows: geometry.outHeight * geometry.outWidth,
            columns: geometry.m,
          })),
      'return 0;',
    ],
  };
}

/** Arguments that the library takes by address. */
function structs(kind: ConvKind, params: Int8Params, work: Work): string[] {
  const { geometry, xZeroPoint, to } = params;
  const { batch, channels, height, width, m, outHeight, outWidth } = geometry;
  const tile = (w: number, h: number): string => `{.w = ${w}, .h = ${h}}`;
  const dims = (name: string, [n, h, w, c]: readonly number[]): string =>
    `const cmsis_nn_dims ${name} = {.n = ${n}, .h = ${h}, .w = ${w}, .c = ${c}};`;
  return [
    `const ${kind.paramsType} params = {`,
    `.input_offset = ${-xZeroPoint},`,
    `.output_offset = ${to.zeroPoint},`,
    ...kind.extra(params),
    `.stride = ${tile(geometry.strideX, geometry.strideY)},`,
    `.padding = ${tile(geometry.padLeft, geometry.padTop)},`,
    `.dilation = ${tile(geometry.dilationX, geometry.dilationY)},`,
    `.activation = {.min = ${to.clamp[0]}, .max = ${to.clamp[1]}}`,
    '};',
    'const cmsis_nn_per_channel_quant_params quant = {.multiplier = (int32_t *)multiplier, .shift = (int32_t *)shift};',
    dims('input', [batch, height, width, channels]),
    dims('filter', kind.filter(geometry)),
    dims('bias', [1, 1, 1, m]),
    dims('output', [batch, outHeight, outWidth, m]),
    `const cmsis_nn_context context = {.buf = work + ${work.library}, .size = ${work.bytes - work.library}};`,
  ];
}

/** to[columns][rows] from from[rows][columns]. */
function copy({
  from,
  to,
  rows,
  columns,
}: {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly columns: number;
}): string[] {
  return [
    `for (int i = 0; i < ${rows}; i++) {`,
    `for (int j = 0; j < ${columns}; j++) {`,
    `${to}[j * ${rows} + i] = ${from}[i * ${columns} + j];`,
    '}',
    '}',
  ];
}

function kernel(kind: ConvKind, read: (node: Node) => Int8Params | null): Kernel {
  const paramsOf = (node: Node): Int8Params | null => {
    const params = read(node);
    return params && kind.fits(params) && oneImage(params.geometry) ? params : null;
  };
  return {
    accepts: (node) => paramsOf(node) !== null,
    scratchBytes: (node) => workOf(kind, accepted(paramsOf(node), node).geometry).bytes,
    emit: (context) => {
      const params = accepted(paramsOf(context.node), context.node);
      return { fn: convFunction(kind, params), args: args(context, kind, params) };
    },
  };
}

/** Only pixels of one image are put in another order. */
function oneImage({ batch, height, width, outHeight, outWidth }: ConvGeometry): boolean {
  return batch === 1 || height * width * outHeight * outWidth === 1;
}

function args(
  { node, pointer, weights, scratchBytes }: KernelContext,
  kind: ConvKind,
  params: Int8Params,
): string[] {
  const { bias, to } = params;
  return [
    pointer(input(node, 0)),
    weights(kind.pack(params)),
    weights(bias),
    weights(Int32Array.from(to.fixed, ({ multiplier }) => multiplier)),
    weights(Int32Array.from(to.fixed, ({ shift }) => shift)),
    pointer(node.output),
    `${scratchBytes}`,
  ];
}

/** Calls of CMSIS-NN: channels are put last and back around it, which costs two passes over the images. */
export const convolutionKernel = (read: (node: Node) => Int8Params | null): Kernel => kernel(conv, read);
export const depthwiseKernel = (read: (node: Node) => Int8Params | null): Kernel => kernel(depthwise, read);
