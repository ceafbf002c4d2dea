import { type Attrs, CompileError, fromNumbers, itemAt, toNumbers, type Value } from '@ghostc/ir';
import { ActivationFunctionType } from '../generated/activation-function-type.ts';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { SequenceRNNOptions } from '../generated/sequence-rnnoptions.ts';
import { SVDFOptions } from '../generated/svdfoptions.ts';
import { UnidirectionalSequenceLSTMOptions } from '../generated/unidirectional-sequence-lstmoptions.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { typeOf } from '../tensor-table.ts';
import { activated, activationAttributes } from './fused-activation.ts';
import { inReals } from './in-reals.ts';
import { asDeclared } from './linear.ts';
import { integersOf, realOf } from './quantized-output.ts';

/** Inputs of an LSTM that have no counterpart in the IR, and what they are. */
const refusedInputs = [
  ['peepholes', 9, 10, 11],
  ['a projection', 16, 17],
  ['layer norms', 20, 21, 22, 23],
] as const;

/** UNIDIRECTIONAL_SEQUENCE_LSTM. Its inputs have the gates input, forget, cell, output; ONNX's order is input, output, forget, cell. */
export function readSequenceLstm(given: OperatorReader): void {
  const node = inReals(given);
  const options = node.options(
    BuiltinOptions.UnidirectionalSequenceLSTMOptions,
    new UnidirectionalSequenceLSTMOptions(),
  );
  for (const [what, ...places] of refusedInputs)
    if (places.some((place) => node.has(place))) throw unsupported(node, what);
  if (!node.has(1)) throw unsupported(node, 'coupled input and forget gates');
  if (options.diagonalRecurrentTensors()) throw unsupported(node, 'diagonal weights');
  const act = functionOf(node, options.fusedActivationFunction());
  readSequence(node, {
    attrs: { cell: 'lstm', functions: ['sigmoid', act, act], cell_clip: clipOf(node, options.cellClip()) },
    timeMajor: options.timeMajor(),
    weights: [1, 4, 2, 3],
    recurrent: [5, 8, 6, 7],
    biases: [12, 15, 13, 14],
    states: [18, 19],
  });
}

/** Where cells are cut: integers end where their 16 bits do, 0 is nowhere. */
function clipOf(node: OperatorReader, declared: number): number {
  const { quant } = typeOf(node.inputTensor(19));
  const largest = (quant?.scale[0] ?? 0) * 32767;
  return declared > 0 && largest > 0 ? Math.min(declared, largest) : declared || largest;
}

/** UNIDIRECTIONAL_SEQUENCE_RNN. */
export function readSequenceRnn(given: OperatorReader): void {
  const node = inReals(given);
  const options = node.options(BuiltinOptions.SequenceRNNOptions, new SequenceRNNOptions());
  readSequence(node, {
    attrs: { cell: 'rnn', functions: [functionOf(node, options.fusedActivationFunction())] },
    timeMajor: options.timeMajor(),
    weights: [1],
    recurrent: [2],
    biases: [3],
    states: [4],
  });
}

interface Sequence {
  readonly attrs: Attrs;
  /** [T,N,I]; else [N,T,I]. */
  readonly timeMajor: boolean;
  /** Inputs of each gate. */
  readonly weights: readonly number[];
  readonly recurrent: readonly number[];
  readonly biases: readonly number[];
  /** Variables: what a run leaves, the next one starts with. */
  readonly states: readonly number[];
}

function readSequence(
  node: OperatorReader,
  { attrs, timeMajor, weights, recurrent, biases, states }: Sequence,
): void {
  const { variables } = node.table;
  const given = node.input(0, 'plain');
  const x = timeMajor ? given : node.table.permuted(given, [1, 0, 2]);
  const kept = states.map((i) => variables.read(node.inputIndex(i), typeOf(node.inputTensor(i))));
  const before = kept.map((state) =>
    node.emit('reshape', [realOf(node, state)], { shape: [1, ...state.type.shape].map(Number) }),
  );
  const inputs = [x, rows(node, weights), rows(node, recurrent), biasRows(node, biases), ...before];
  const endings = ['_steps', ...states.map((_, k) => `_state_${k}`)];
  const [y, ...after] = node.emitAll('recurrent', inputs, attrs, endings);
  states.forEach((i, k) => {
    const { shape } = node.inputTensor(i);
    const left = node.emit('reshape', [itemAt(after, k)], { shape });
    variables.assign(node.inputIndex(i), integersOf(node, left, typeOf(node.inputTensor(i))));
  });
  if (y) node.setOutput(asDeclared(node, timeMajor ? y : node.table.permuted(y, [2, 0, 1, 3])), 'plain');
}

/** Matrices of the gates, one below the other: [1,G H,I]. */
function rows(node: OperatorReader, places: readonly number[]): Value {
  const parts = places.map((i) => constantOf(node, i));
  const columns = itemAt(itemAt(parts, 0).shape, 1);
  const values = parts.flatMap(({ data }) => data);
  return weights(node, [1, values.length / columns, columns], values);
}

/** Biases of the gates, and none for the state: [1,2 G H]. */
function biasRows(node: OperatorReader, places: readonly number[]): Value {
  const values = places.flatMap((i) => constantOf(node, i).data);
  return weights(node, [1, 2 * values.length], [...values, ...values.map(() => 0)]);
}

function weights(node: OperatorReader, shape: readonly number[], values: readonly number[]): Value {
  return node.table.graph.addConstant(
    `${node.outputTensor().name}_weights`,
    fromNumbers('f32', shape, values),
  );
}

function constantOf(node: OperatorReader, i: number): { shape: readonly number[]; data: number[] } {
  const constant = node.table.realConstant(node.inputIndex(i));
  if (constant && constant.dtype !== 'f32')
    throw unsupported(node, `${node.inputTensor(i).name} of ${constant.dtype} without a scale`);
  if (constant) return { shape: constant.shape, data: Array.from(toNumbers(constant), Number) };
  throw new CompileError(
    'tflite/dynamic',
    `${node.inputTensor(i).name} of ${node.code} is computed at run time; expected a constant`,
  );
}

function functionOf(node: OperatorReader, kind: ActivationFunctionType): string {
  const { activation } = activationAttributes(kind);
  if (activation === 'tanh' || activation === 'relu') return activation;
  throw unsupported(node, `the activation ${ActivationFunctionType[kind]}`);
}

/**
 * SVDF: each filter keeps what it gave for the last M inputs, and weighs them; filters of a unit are summed. Input [N,I], feature
 * weights [F,I], time weights [F,M], state [N,F M], output [N,F/rank].
 */
export function readSvdf(given: OperatorReader): void {
  const node = inReals(given);
  const options = node.options(BuiltinOptions.SVDFOptions, new SVDFOptions());
  const { variables } = node.table;
  const [features, times] = [node.realInput(1), node.realInput(2)];
  const [filters = 0, memory = 0] = times.type.shape.map(Number);
  const [batch = 0] = node.inputTensor(0).shape;
  const type = typeOf(node.inputTensor(4));
  const state = variables.read(node.inputIndex(4), type);
  const columns = node.emit('reshape', [realOf(node, state)], { shape: [batch, filters, memory] });
  const later = node.emit('slice', [columns], { axes: [2], starts: [1], ends: [memory] });
  const now = node.emit('fully_connected', [node.input(0, 'plain'), features, null]);
  const newest = node.emit('reshape', [now], { shape: [batch, filters, 1] });
  const next = node.emit('concat', [later, newest], { axis: 2 });
  const left = node.emit('reshape', [next], { shape: [batch, filters * memory] });
  variables.assign(node.inputIndex(4), integersOf(node, left, type));
  const weighted = node.emit('mul', [next, times]);
  const units = node.emit('reshape', [weighted], {
    shape: [batch, filters / options.rank(), options.rank() * memory],
  });
  const sums = node.emit('reduce_sum', [units], { axes: [2], keepdims: false });
  const y = node.has(3) ? node.emit('add', [sums, node.realInput(3)]) : sums;
  // TFLite's kernel of integers has no activation but the end of the type.
  const act = node.real ? ActivationFunctionType.NONE : options.fusedActivationFunction();
  node.setOutput(activated(node, y, act), 'plain');
}

function unsupported(node: OperatorReader, what: string): CompileError {
  return new CompileError('tflite/unsupported', `${node.code} with ${what} is not supported`);
}
