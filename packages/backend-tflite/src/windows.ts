import { fromNumbers, itemAt, type Node, type Tensor, type Value } from '@ghostc/ir';
import {
  attrsOf,
  averagePool as averagePoolOp,
  convTranspose2d,
  depthwiseConv2d,
  maxPool as maxPoolOp,
  transposedPadding,
  windowTaps,
} from '@ghostc/ops';
import { type OperatorOptions, operatorOptions } from '@ghostc/tflite';
import { clampOperators, fusionOf } from './activations.ts';
import { biasQuant } from './bias-quant.ts';
import { padded, paddingOf, type WindowShape, windowOf } from './padding.ts';
import { type Placed, placedType, refuse, type TfliteGraph } from './tflite-graph.ts';

/** Writes one node; returns its output. */
export type Row = (writer: TfliteGraph, node: Node) => Placed;

/** What differs between float and integer layers: the activation that is fused, what comes after, and the bias. */
export interface Layer {
  readonly fused: number;
  readonly after: (writer: TfliteGraph, y: Placed) => Placed;
  readonly bias: (writer: TfliteGraph) => Placed | undefined;
  /** The weights in TFLite's layout; unchanged if absent. */
  readonly weight?: (weight: Tensor) => Tensor;
}

export function floatLayer(node: Node): Layer {
  const bias = node.inputs[2];
  return { ...fusionOf(node), bias: (writer) => (bias ? writer.value(bias) : undefined) };
}

/** FULLY_CONNECTED: y = x w^T + b, weight [M,K]. */
export const fullyConnected =
  (layer: (node: Node) => Layer): Row =>
  (writer, node) => {
    const { fused, after, bias, weight } = layer(node);
    const matrix = weight ? writer.permuted(weightOf(node), [0, 1], weight) : writer.value(node.inputs[1]);
    const inputs = [writer.value(node.inputs[0]), matrix, bias(writer) ?? null];
    const options = operatorOptions.linear(fused);
    return after(
      writer,
      writer.operator('FULLY_CONNECTED', inputs, placedType(node.output.type), {
        options,
        name: node.output.name,
      }),
    );
  };

function zeroBias(node: Node): Tensor {
  const [x, weight] = node.inputs;
  const channels = Number(weight?.type.shape[0]);
  if (!x?.type.quant || !weight) return { dtype: 'f32', shape: [channels], data: new Float32Array(channels) };
  const wide = x.type.dtype === 'i16';
  const data = wide ? new BigInt64Array(channels) : new Int32Array(channels);
  return { dtype: wide ? 'i64' : 'i32', shape: [channels], data, quant: biasQuant(x, weight) };
}

function weightOf(node: Node): Value {
  return node.inputs[1] ?? refuse('a layer without weights');
}

/** [height, width] of a weight [M,C,kH,kW]. */
function kernelOf(node: Node): number[] {
  return weightOf(node).type.shape.slice(2).map(Number);
}

/** The image as the window reads it, with the padding that is left to TFLite. */
function windowInput(
  writer: TfliteGraph,
  node: Node,
  {
    kernel,
    image = writer.value(node.inputs[0]),
    fill,
  }: { kernel: readonly number[]; image?: Placed; fill?: () => Placed | undefined },
): { x: Placed; padding: number; window: WindowShape } {
  const window = windowOf(node, kernel);
  const padding = paddingOf(window, image, placedType(node.output.type).shape);
  if (padding !== undefined) return { x: image, padding, window };
  return { x: padded(writer, image, window, fill?.()), padding: operatorOptions.VALID, window };
}

/** CONV_2D: filter [M,kH,kW,C/group]. Its kernels require a bias: zeros by default. */
export const convolution =
  (layerOf: (node: Node) => Layer): Row =>
  (writer, node) => {
    if (node.inputs[3]) refuse('a convolution with a residual');
    const { fused, after, bias, weight } = layerOf(node);
    const { x, padding, window } = windowInput(writer, node, { kernel: kernelOf(node) });
    const filter = writer.permuted(weightOf(node), [0, 2, 3, 1], weight);
    const options = operatorOptions.conv(padding, window.strides, {
      act: fused,
      dilations: window.dilations,
    });
    return after(
      writer,
      layer(writer, node, {
        code: 'CONV_2D',
        inputs: [x, filter, bias(writer) ?? writer.constant(zeroBias(node), 'zeros')],
        options,
      }),
    );
  };

/**
 * DEPTHWISE_CONV_2D: filter [1,kH,kW,M], with a bias of zeros by default, without which XNNPACK crashes;
 * channels that no output reads are cut off first.
 */
export const depthwise =
  (layerOf: (node: Node) => Layer): Row =>
  (writer, node) => {
    if (node.inputs[3]) refuse('a convolution with a residual');
    const { fused, after, bias, weight } = layerOf(node);
    const given = attrsOf(depthwiseConv2d, node).multiplier;
    const outputs = Number(weightOf(node).type.shape[0]);
    const source = writer.value(node.inputs[0]);
    const { image, multiplier } = readChannels(writer, source, { outputs, multiplier: given });
    const { x, padding, window } = windowInput(writer, node, { kernel: kernelOf(node), image });
    const filter = writer.permuted(weightOf(node), [1, 2, 3, 0], weight);
    const { strides, dilations } = window;
    const options = operatorOptions.depthwise(padding, multiplier, {
      act: fused,
      strides,
      dilations,
    });
    const inputs = [x, filter, bias(writer) ?? writer.constant(zeroBias(node), 'zeros')];
    return after(writer, layer(writer, node, { code: 'DEPTHWISE_CONV_2D', inputs, options }));
  };

interface Reading {
  readonly outputs: number;
  readonly multiplier: number;
}

/** The channels that `outputs` channels read: all, the first ones, or one for each output. */
function readChannels(
  writer: TfliteGraph,
  x: Placed,
  { outputs, multiplier }: Reading,
): { readonly image: Placed; readonly multiplier: number } {
  const count = outputs / multiplier;
  const alike = Number.isInteger(multiplier) && Number.isInteger(count);
  if (alike && (!x.quant || multiplier === 1 || count === 1))
    return { image: firstChannels(writer, x, count), multiplier };
  const list = Array.from({ length: outputs }, (_, m) => Math.floor(m / multiplier));
  return { image: x.quant ? selected(writer, x, list) : gathered(writer, x, list), multiplier: 1 };
}

function gathered(writer: TfliteGraph, x: Placed, list: readonly number[]): Placed {
  const shape = [...x.shape.slice(0, 3), list.length];
  const options = operatorOptions.gather(3);
  return writer.operator('GATHER', [x, writer.ints(list)], { ...x, shape }, { options });
}

/**
 * Channels of integers by a 1x1 CONV_2D of ones, exact because it keeps the scale: an NPU has no GATHER of channels, and both it
 * and XNNPACK take this and a multiplier of 1 in half the time of a larger multiplier, which Vela refuses before a CONCATENATION.
 */
function selected(writer: TfliteGraph, x: Placed, list: readonly number[]): Placed {
  const channels = itemAt(x.shape, 3);
  const scale = x.quant?.scale[0] ?? 1;
  const ones = list.flatMap((from) => Array.from({ length: channels }, (_, c) => (c === from ? 1 : 0)));
  const filter = writer.constant({
    ...fromNumbers(x.dtype === 'u8' ? 'u8' : 'i8', [list.length, 1, 1, channels], ones),
    quant: { scale: [1], zeroPoint: [0] },
  });
  const zeros = list.map(() => 0);
  const bias = writer.constant({
    ...fromNumbers(x.dtype === 'i16' ? 'i64' : 'i32', [list.length], zeros),
    quant: { scale: [scale], zeroPoint: [0] },
  });
  const options = operatorOptions.conv(operatorOptions.VALID, [1, 1]);
  return writer.operator(
    'CONV_2D',
    [x, filter, bias],
    { ...x, shape: [...x.shape.slice(0, 3), list.length] },
    { options },
  );
}

function firstChannels(writer: TfliteGraph, x: Placed, count: number): Placed {
  const shape = [...x.shape.slice(0, 3), count];
  if (count === x.shape[3]) return x;
  return writer.operator('SLICE', [x, writer.ints([0, 0, 0, 0]), writer.ints(shape)], { ...x, shape });
}

interface Parts {
  readonly code: 'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'TRANSPOSE_CONV';
  readonly inputs: readonly (Placed | undefined)[];
  readonly options: OperatorOptions;
}

function layer(writer: TfliteGraph, node: Node, { code, inputs, options }: Parts): Placed {
  const given = inputs.filter((input) => input !== undefined);
  return writer.operator(code, given, placedType(node.output.type), { options, name: node.output.name });
}

/** TRANSPOSE_CONV: output shape, filter [M,kH,kW,C], x, bias. What has no such padding is lowered before. */
export const transposedConvolution: Row = (writer, node) => {
  const { fused, after, bias } = floatLayer(node);
  const attrs = attrsOf(convTranspose2d, node);
  const x = writer.value(node.inputs[0]);
  const { shape } = placedType(node.output.type);
  const weight = placedType(weightOf(node).type).shape;
  const padding = transposedPadding(attrs, [nchw(x.shape), nchw(shape), weight]);
  if (!padding) return refuse(`a transposed convolution with the pads [${attrs.pads.join(',')}]`);
  const options = operatorOptions.transposeConv(operatorOptions[padding], attrs.strides);
  const inputs = [writer.ints(shape), writer.permuted(weightOf(node), [0, 2, 3, 1]), x, bias(writer)];
  const y = layer(writer, node, { code: 'TRANSPOSE_CONV', inputs, options });
  const clamp = clampOperators[fused];
  return after(writer, clamp ? writer.operator(clamp, [y], y) : y);
};

function nchw([n = 1, h = 1, w = 1, c = 1]: readonly number[]): number[] {
  return [n, c, h, w];
}

/** MAX_POOL_2D; padding that TFLite has not is the lowest value of the type. */
export const maxPool: Row = (writer, node) => {
  const { kernel_shape: kernel, dilations } = attrsOf(maxPoolOp, node);
  if (dilations.some((step) => step !== 1)) refuse('a dilated pool');
  const fill = (): Placed | undefined => lowest(writer, writer.value(node.inputs[0]));
  const { x, padding, window } = windowInput(writer, node, { kernel, fill });
  return pooled(writer, node, {
    code: 'MAX_POOL_2D',
    x,
    options: operatorOptions.pool(padding, window.strides, kernel),
  });
};

/** The lowest value of a type; absent if that is a zero, which PAD has by itself. */
function lowest(writer: TfliteGraph, { dtype, quant }: Placed): Placed | undefined {
  const data: Partial<Record<string, Tensor['data']>> = {
    f32: Float32Array.of(-3.4028234663852886e38),
    i8: Int8Array.of(-128),
    u8: Uint8Array.of(0),
    i16: Int16Array.of(-32768),
  };
  const value = data[dtype] ?? refuse(`a pool of ${dtype}`);
  if (quant?.zeroPoint[0] === Number(value[0])) return undefined;
  return writer.constant({ dtype, shape: [], quant, data: value });
}

interface Pool {
  readonly code: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D';
  readonly x: Placed;
  readonly options: OperatorOptions;
}

function pooled(writer: TfliteGraph, node: Node, { code, x, options }: Pool): Placed {
  return writer.operator(code, [x], placedType(node.output.type), { options, name: node.output.name });
}

/**
 * AVERAGE_POOL_2D, in which padding never counts. If padding counts, or TFLite has no such padding, the image
 * is padded with zeros, and each mean of the whole window is multiplied by window / elements that count.
 */
export const averagePool: Row = (writer, node) => {
  const { kernel_shape: kernel, dilations, count_include_pad: counted } = attrsOf(averagePoolOp, node);
  if (dilations.some((step) => step !== 1)) refuse('a dilated pool');
  const image = writer.value(node.inputs[0]);
  const window = windowOf(node, kernel);
  const padding = paddingOf(window, image, placedType(node.output.type).shape);
  const plain = (x: Placed, pad: number): Placed =>
    pooled(writer, node, {
      code: 'AVERAGE_POOL_2D',
      x,
      options: operatorOptions.pool(pad, window.strides, kernel),
    });
  if (padding === operatorOptions.VALID || (padding !== undefined && !counted)) return plain(image, padding);
  const mean = plain(padded(writer, image, window), operatorOptions.VALID);
  const factors = meanFactors(node, image.shape);
  if (factors.data.every((factor) => factor === 1)) return mean;
  return writer.operator('MUL', [mean, writer.constant(factors)], mean, { options: operatorOptions.mul() });
};

/** Window / elements that count, for each place of the output: [1,H,W,1]. */
function meanFactors(
  node: Node,
  [, height = 1, width = 1]: readonly number[],
): Tensor & { data: Float32Array } {
  const attrs = attrsOf(averagePoolOp, node);
  const [, outHeight = 1, outWidth = 1] = placedType(node.output.type).shape;
  const counts = (out: number, size: number, axis: 0 | 1): number[] =>
    Array.from({ length: out }, (_, i) => {
      const { inside, counted } = windowTaps(i, size, axis, attrs);
      return attrs.count_include_pad ? counted : inside.length;
    });
  const columns = counts(outWidth, width, 1);
  const all = attrs.kernel_shape.reduce((product, taps) => product * taps, 1);
  const data = Float32Array.from(
    counts(outHeight, height, 0).flatMap((row) => columns.map((column) => all / (row * column))),
  );
  return { dtype: 'f32', shape: [1, outHeight, outWidth, 1], data };
}

/** Mean over height and width as MEAN. */
export const globalMean: Row = (writer, node) =>
  writer.operator('MEAN', [writer.value(node.inputs[0]), writer.ints([1, 2])], placedType(node.output.type), {
    options: operatorOptions.reducer('keep'),
    name: node.output.name,
  });
