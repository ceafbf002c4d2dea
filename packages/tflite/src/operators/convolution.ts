import { type Attrs, CompileError, fromNumbers, toNumbers, type Value } from '@ghostc/ir';
import { signedTensor } from '@ghostc/ops';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { Conv2DOptions } from '../generated/conv2-doptions.ts';
import { DepthwiseConv2DOptions } from '../generated/depthwise-conv2-doptions.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { permuteTensor } from '../tensor-table.ts';
import { activationAttributes } from './fused-activation.ts';
import { isQuantized, requantized } from './quantized-output.ts';
import { windowAttributes } from './window.ts';

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
  const { name, shape } = node.inputTensor(i);
  if (shape.length === 4) return shape as readonly [number, number, number, number];
  throw new CompileError('tflite/rank', `${node.code} expects rank 4, found ${name} of [${shape.join(',')}]`);
}
