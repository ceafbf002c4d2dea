import { type Attrs, CompileError, fromNumbers, toNumbers, type Value } from '@ghostc/ir';
import { signedTensor } from '@ghostc/ops';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { Conv2DOptions } from '../generated/conv2-doptions.ts';
import { Conv3DOptions } from '../generated/conv3-doptions.ts';
import { DepthwiseConv2DOptions } from '../generated/depthwise-conv2-doptions.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { permuteTensor } from '../tensor-table.ts';
import { activated, activationAttributes } from './fused-activation.ts';
import { isQuantized, requantized } from './quantized-output.ts';
import { windowAttributes } from './window.ts';

/**
 * CONV_3D of [N,D,H,W,C] by [kD,kH,kW,C,M]: a sum of 2-d convolutions. For each depth of the filter, the planes that it meets
 * are a batch of images.
 */
export function readConv3d(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.Conv3DOptions, new Conv3DOptions());
  const [n, depth, height, width, channels] = volumeShape(node, 0);
  const [taps, kernelHeight, kernelWidth, perGroup] = volumeShape(node, 1);
  if (perGroup !== channels)
    throw new CompileError(
      'tflite/shape',
      `the filter reads ${perGroup} channels, the input has ${channels}`,
    );
  const { strides, dilations, pads } = windowAttributes(
    {
      padding: options.padding(),
      strides: [options.strideD(), options.strideH(), options.strideW()],
      dilations: [options.dilationDFactor(), options.dilationHFactor(), options.dilationWFactor()],
      kernel: [taps, kernelHeight, kernelWidth],
    },
    [depth, height, width],
  );
  const [[stride = 1, ...flatStrides], [dilation = 1, ...flatDilations]] = [strides, dilations];
  const [before = 0, top = 0, left = 0, after = 0, bottom = 0, right = 0] = pads;
  const flat = { strides: flatStrides, dilations: flatDilations, pads: [top, left, bottom, right] };
  const images = node.table.permuted(node.input(0, 'plain'), [0, 1, 4, 2, 3]);
  const padded =
    before + after > 0
      ? node.emit('pad', [images], { pads: [0, before, 0, 0, 0, 0, after, 0, 0, 0] })
      : images;
  const count = Math.floor((depth + before + after - dilation * (taps - 1) - 1) / stride) + 1;
  const filter = floatFilter(node, [0, 4, 3, 1, 2]);
  const [, outputs = 1] = filter.type.shape.map(Number);
  const bias = node.has(2) ? node.input(2, 'plain') : null;
  const plane = (d: number): Value => {
    const starts = [d * dilation];
    const met = node.emit('slice', [padded], {
      ...{ axes: [1], steps: [stride], starts, ends: [d * dilation + (count - 1) * stride + 1] },
    });
    const batch = node.emit('reshape', [met], { shape: [n * count, channels, height, width] });
    const part = node.emit('slice', [filter], { axes: [0], starts: [d], ends: [d + 1] });
    const shape = [outputs, channels, kernelHeight, kernelWidth];
    return node.emit('conv2d', [batch, node.emit('reshape', [part], { shape }), d === 0 ? bias : null], flat);
  };
  const sum = Array.from({ length: taps }, (_, d) => plane(d)).reduce((a, b) => node.emit('add', [a, b]));
  const [, , y = 1, x = 1] = sum.type.shape.map(Number);
  const volumes = node.emit('reshape', [activated(node, sum, options.fusedActivationFunction())], {
    shape: [n, count, outputs, y, x],
  });
  node.setOutput(node.table.permuted(volumes, [0, 1, 3, 4, 2]), 'plain');
}

/** Filter [M,kH,kW,C/groups] to [M,C/groups,kH,kW]. */
export const filterPerm = [0, 3, 1, 2];
/** Depthwise filter [1,kH,kW,M] to [M,1,kH,kW]. */
const depthwiseFilterPerm = [3, 0, 1, 2];

export function readConv2d(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.Conv2DOptions, new Conv2DOptions());
  const [, , , channels] = imageShape(node, 0);
  const [, , , perGroup] = imageShape(node, 1);
  if (channels % perGroup !== 0)
    throw new CompileError(
      'tflite/shape',
      `the filter reads ${perGroup} channels, the input has ${channels}: no whole number of groups`,
    );
  convolution(node, options, { op: 'conv2d', perm: filterPerm, attrs: { group: channels / perGroup } });
}

export function readDepthwiseConv2d(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.DepthwiseConv2DOptions, new DepthwiseConv2DOptions());
  const [, , , channels] = imageShape(node, 0);
  const [, , , outputs] = imageShape(node, 1);
  if (outputs % channels !== 0)
    throw new CompileError('tflite/shape', `${outputs} outputs are no multiple of ${channels} channels`);
  convolution(node, options, {
    op: 'depthwise_conv2d',
    perm: depthwiseFilterPerm,
    attrs: { multiplier: outputs / channels },
  });
}

interface Kind {
  readonly op: string;
  readonly perm: readonly number[];
  readonly attrs: Attrs;
}

function convolution(
  node: OperatorReader,
  options: Conv2DOptions | DepthwiseConv2DOptions,
  { op, perm, attrs }: Kind,
): void {
  const x = node.input(0, 'nchw');
  const activation = options.fusedActivationFunction();
  const window = { ...convWindow(node, options), ...attrs };
  const y = isQuantized(node)
    ? node.emit(`qlinear_${op}`, [x, node.table.permuted(integerWeight(node), perm), integerBias(node)], {
        ...window,
        ...requantized(node, activation),
      })
    : node.emit(op, [x, floatFilter(node, perm), node.has(2) ? node.input(2, 'plain') : null], {
        ...window,
        ...activationAttributes(activation),
      });
  node.setOutput(y, 'nchw');
}

function convWindow(node: OperatorReader, options: Conv2DOptions | DepthwiseConv2DOptions): Attrs {
  const [, height, width] = imageShape(node, 0);
  const [, kernelHeight, kernelWidth] = imageShape(node, 1);
  return windowAttributes(
    {
      padding: options.padding(),
      strides: [options.strideH(), options.strideW()],
      dilations: [options.dilationHFactor(), options.dilationWFactor()],
      kernel: [kernelHeight, kernelWidth],
    },
    [height, width],
  );
}

/** The weights of integer layers, which are i8; those of u8 as the same numbers. */
export function integerWeight(node: OperatorReader): Value {
  const constant = node.constant(1);
  if (constant?.dtype !== 'u8') return node.input(1, 'plain');
  return node.table.graph.addConstant(node.inputTensor(1).name, signedTensor(constant));
}

/**
 * The bias in accumulator units: int32, or int64 with 16-bit activations. Its scale is that of the
 * accumulator and adds no information.
 */
export function integerBias(node: OperatorReader, index = 2): Value | null {
  if (!node.has(index)) return null;
  const bias = node.constant(index);
  if (!bias)
    throw new CompileError('tflite/dynamic', 'the bias is computed at run time; expected a constant');
  const { name } = node.inputTensor(index);
  const wide = node.inputTensor(0).type === 'INT16';
  const { dtype, shape, data } = wide ? fromNumbers('i64', bias.shape, toNumbers(bias)) : bias;
  return node.table.graph.addConstant(name, { dtype, shape, data });
}

/** The filter in the IR's order of axes. Quantised filters of a float model ("hybrid") are dequantised. */
export function floatFilter(node: OperatorReader, perm: readonly number[]): Value {
  const real = node.table.realConstant(node.inputIndex(1));
  if (real) return node.table.graph.addConstant(node.inputTensor(1).name, permuteTensor(real, perm));
  return node.table.permuted(node.input(1, 'plain'), perm);
}

/** The four sizes of an image or filter. */
export function imageShape(node: OperatorReader, i: number): readonly [number, number, number, number] {
  return shapeOfRank(node, i, 4) as readonly [number, number, number, number];
}

/** The five sizes of a volume or its filter. */
function volumeShape(node: OperatorReader, i: number): readonly [number, number, number, number, number] {
  return shapeOfRank(node, i, 5) as readonly [number, number, number, number, number];
}

function shapeOfRank(node: OperatorReader, i: number, rank: number): readonly number[] {
  const { name, shape } = node.inputTensor(i);
  if (shape.length === rank) return shape;
  throw new CompileError(
    'tflite/rank',
    `${node.code} expects rank ${rank}, found ${name} of [${shape.join(',')}]`,
  );
}
