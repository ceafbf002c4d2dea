import { type Attrs, CompileError, type Value } from '@ghostc/ir';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { Conv2DOptions } from '../generated/conv2-doptions.ts';
import { DepthwiseConv2DOptions } from '../generated/depthwise-conv2-doptions.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { permuteTensor } from '../tensor-table.ts';
import { activationAttributes } from './fused-activation.ts';
import { windowAttributes } from './window.ts';

/** Filter [M,kH,kW,C/groups] to [M,C/groups,kH,kW]. */
const filterPerm = [0, 3, 1, 2];
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
  convolution(node, {
    op: 'conv2d',
    weight: floatFilter(node, filterPerm),
    attrs: { ...convWindow(node, options), group: channels / perGroup },
  });
}

export function readDepthwiseConv2d(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.DepthwiseConv2DOptions, new DepthwiseConv2DOptions());
  const [, , , channels] = imageShape(node, 0);
  const [, , , outputs] = imageShape(node, 1);
  if (outputs % channels !== 0)
    throw new CompileError('tflite/shape', `${outputs} outputs are no multiple of ${channels} channels`);
  convolution(node, {
    op: 'depthwise_conv2d',
    weight: floatFilter(node, depthwiseFilterPerm),
    attrs: { ...convWindow(node, options), multiplier: outputs / channels },
  });
}

function convolution(
  node: OperatorReader,
  { op, weight, attrs }: { op: string; weight: Value; attrs: Attrs },
): void {
  const bias = node.has(2) ? node.input(2, 'plain') : null;
  node.setOutput(node.emit(op, [node.input(0, 'nchw'), weight, bias], attrs), 'nchw');
}

function convWindow(node: OperatorReader, options: Conv2DOptions | DepthwiseConv2DOptions): Attrs {
  const [, height, width] = imageShape(node, 0);
  const [, kernelHeight, kernelWidth] = imageShape(node, 1);
  return {
    ...windowAttributes(
      {
        padding: options.padding(),
        strides: [options.strideH(), options.strideW()],
        dilations: [options.dilationHFactor(), options.dilationWFactor()],
        kernel: [kernelHeight, kernelWidth],
      },
      [height, width],
    ),
    ...activationAttributes(options.fusedActivationFunction()),
  };
}

/** The filter in the IR's order of axes. Quantised filters of a float model ("hybrid") are dequantised. */
function floatFilter(node: OperatorReader, perm: readonly number[]): Value {
  const real = node.table.realConstant(node.inputIndex(1));
  if (real) return node.table.graph.addConstant(node.inputTensor(1).name, permuteTensor(real, perm));
  return node.table.permuted(node.input(1, 'plain'), perm);
}

/** The four sizes of an image or filter. */
export function imageShape(node: OperatorReader, i: number): readonly [number, number, number, number] {
  const { name, shape } = node.inputTensor(i);
  if (shape.length === 4) return shape as readonly number[] as readonly [number, number, number, number];
  throw new CompileError('tflite/rank', `${node.code} expects rank 4, found ${name} of [${shape.join(',')}]`);
}
