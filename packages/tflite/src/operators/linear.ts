import { CompileError, numElements, type Value } from '@ghostc/ir';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { FullyConnectedOptions } from '../generated/fully-connected-options.ts';
import { FullyConnectedOptionsWeightsFormat } from '../generated/fully-connected-options-weights-format.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { integerBias, integerWeight } from './convolution.ts';
import { activationAttributes } from './fused-activation.ts';
import { isQuantized, requantized } from './quantized-output.ts';

/**
 * FULLY_CONNECTED: the input is a matrix whose rows have as many elements as the weights have columns. On
 * integers the interpreter (LiteRT 2.3, reference kernels) rounds each result once, while every other
 * operator rounds twice. This includes 16 bits, for which our op has the 15-bit multiplier of the other
 * 16-bit layers: some elements are one step apart.
 */
export function readFullyConnected(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.FullyConnectedOptions, new FullyConnectedOptions());
  if (options.weightsFormat() !== FullyConnectedOptionsWeightsFormat.DEFAULT)
    throw new CompileError('tflite/unsupported', 'shuffled weights are not supported');
  const x = asMatrix(node);
  const activation = options.fusedActivationFunction();
  const y = isQuantized(node)
    ? node.emit('qlinear_fully_connected', [x, integerWeight(node), integerBias(node)], {
        ...requantized(node, activation),
        rounding: 'single',
      })
    : node.emit(
        'fully_connected',
        [x, node.realInput(1), node.has(2) ? node.input(2, 'plain') : null],
        activationAttributes(activation),
      );
  node.setOutput(asDeclared(node, y), 'plain');
}

/** The input as [rows, columns of the weight]. */
export function asMatrix(node: OperatorReader): Value {
  const { shape } = node.inputTensor(0);
  const [, columns = 0] = node.inputTensor(1).shape;
  const count = numElements(shape);
  if (columns === 0 || count % columns !== 0)
    throw new CompileError(
      'tflite/shape',
      `[${shape.join(',')}] does not divide into rows of ${columns}, the weight's columns`,
    );
  const x = node.input(0, 'plain');
  const rows = count / columns;
  if (shape.length === 2 && shape[0] === rows) return x;
  return node.emit('reshape', [x], { shape: [rows, columns] });
}

/** A value in the shape that the output declares. */
export function asDeclared(node: OperatorReader, value: Value, k = 0): Value {
  const shape = node.outputShape(value, k);
  if (value.type.shape.join() === shape.join()) return value;
  return node.emit('reshape', [value], { shape });
}
