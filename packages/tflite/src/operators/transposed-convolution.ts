import { CompileError, type Value } from '@ghostc/ir';
import { transposedPads } from '@ghostc/ops';
import type { ActivationFunctionType } from '../generated/activation-function-type.ts';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { Padding } from '../generated/padding.ts';
import { TransposeConvOptions } from '../generated/transpose-conv-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { filterPerm, floatFilter, imageShape, integerBias } from './convolution.ts';
import { activationAttributes } from './fused-activation.ts';
import { isQuantized, requantized } from './quantized-output.ts';

interface Form {
  readonly padding: Padding;
  /** Along y and x. */
  readonly strides: readonly [number, number];
  readonly activation: ActivationFunctionType;
  /** Places of the inputs; the filter is the second of either form. */
  readonly x: number;
  readonly bias: number;
}

/** TRANSPOSE_CONV: output shape, filter [M,kH,kW,C], x, bias. */
export function readTransposeConv(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.TransposeConvOptions, new TransposeConvOptions());
  transposed(node, {
    padding: options.padding(),
    strides: [options.strideH(), options.strideW()],
    activation: options.fusedActivationFunction(),
    x: 2,
    bias: 3,
  });
}

/** MediaPipe's Convolution2DTransposeBias: x, filter, bias; its options are three int32: padding (1 is SAME), width, height. */
export function readConvolutionTransposeBias(node: OperatorReader): void {
  const bytes = node.operator.table.customOptionsArray();
  if (!bytes || bytes.length < 12)
    throw new CompileError('tflite/options', `${node.operator.custom} expects 12 bytes of options`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [padding, width, height] = [0, 4, 8].map((at) => view.getInt32(at, true)) as [number, number, number];
  const form = { padding: padding === 1 ? Padding.SAME : Padding.VALID, strides: [height, width] as const };
  transposed(node, { ...form, activation: 0, x: 0, bias: 2 });
}

function transposed(node: OperatorReader, form: Form): void {
  const [, , , channels] = imageShape(node, form.x);
  const [, , , perGroup] = imageShape(node, 1);
  if (channels !== perGroup)
    throw new CompileError(
      'tflite/shape',
      `the filter reads ${perGroup} channels, the input has ${channels}`,
    );
  const window = windowOf(node, form);
  const x = node.input(form.x, 'nchw');
  if (isQuantized(node)) {
    node.setOutput(onIntegers(node, form, x, window), 'nchw');
    return;
  }
  const bias = node.has(form.bias) ? node.input(form.bias, 'plain') : null;
  const attrs = { ...window, ...activationAttributes(form.activation) };
  node.setOutput(node.emit('conv_transpose2d', [x, floatFilter(node, filterPerm), bias], attrs), 'nchw');
}

interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly output_padding: readonly number[];
}

function windowOf(node: OperatorReader, { padding, strides, x }: Form): Window {
  const [input, output] = [imageShape(node, x), node.outputShape(node.input(x, 'nchw'))];
  const kernel = imageShape(node, 1);
  const axes = strides.map((stride, a) => {
    const [size = 1, out = 1, taps = 1] = [input[a + 1], output[a + 1], kernel[a + 1]];
    if (!(stride >= 1))
      throw new CompileError('tflite/options', `expected positive strides, found ${stride}`);
    return transposedPads({ size, out, taps, stride }, padding === Padding.SAME ? 'SAME' : 'VALID');
  });
  return {
    strides,
    dilations: [1, 1],
    pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
    output_padding: axes.map(({ more }) => more),
  };
}

function onIntegers(node: OperatorReader, form: Form, x: Value, window: Window): Value {
  const filter = node.table.permuted(node.input(1, 'plain'), filterPerm);
  if (!filter.constant)
    throw new CompileError(
      'tflite/dynamic',
      `the filter of ${node.code} is computed at run time; expected a constant`,
    );
  const attrs = { ...window, ...requantized(node, form.activation) };
  return node.emit('qlinear_conv_transpose2d', [x, filter, integerBias(node, form.bias)], attrs);
}
