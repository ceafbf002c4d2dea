import { CompileError, type Value } from '@ghostc/ir';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { FullyConnectedOptions } from '../generated/fully-connected-options.ts';
import { FullyConnectedOptionsWeightsFormat } from '../generated/fully-connected-options-weights-format.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { activationAttributes } from './fused-activation.ts';

/** FULLY_CONNECTED: the input is a matrix with rows of as many elements as the weights have columns. */
export function readFullyConnected(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.FullyConnectedOptions, new FullyConnectedOptions());
  if (options.weightsFormat() !== FullyConnectedOptionsWeightsFormat.DEFAULT)
    throw new CompileError('tflite/unsupported', 'shuffled weights are not supported');
  const real = node.table.realConstant(node.inputIndex(1));
  const weight = real ? node.table.graph.addConstant(node.inputTensor(1).name, real) : node.input(1, 'plain');
  const bias = node.has(2) ? node.input(2, 'plain') : null;
  const y = node.emit(
    'fully_connected',
    [asMatrix(node), weight, bias],
    activationAttributes(options.fusedActivationFunction()),
  );
  node.setOutput(asDeclared(node, y), 'plain');
}

/** The input as [rows, columns of the weight]. */
export function asMatrix(node: OperatorReader): Value {
  const { shape } = node.inputTensor(0);
  const [, columns = 0] = node.inputTensor(1).shape;
  const count = shape.reduce((product, dim) => product * dim, 1);
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
  const { shape } = node.outputTensor(k);
  if (value.type.shape.join() === shape.join()) return value;
  return node.emit('reshape', [value], { shape });
}
