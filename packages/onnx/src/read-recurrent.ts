import { CompileError, fromNumbers, isStatic, type Value } from '@ghostc/ir';
import { type RecurrentCell, recurrentCells } from '@ghostc/ops';
import type { NodeReader, OpRow } from './node-reader.ts';

export const recurrentRows: readonly OpRow[] = [
  ['GRU', (node) => readRecurrent(node, 'gru')],
  ['LSTM', (node) => readRecurrent(node, 'lstm')],
  ['RNN', (node) => readRecurrent(node, 'rnn')],
];

const functions: Readonly<Record<string, string>> = {
  hardsigmoid: 'hard_sigmoid',
  relu: 'relu',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
};

/** With `layout` 1 the batch is the first axis of x, y and the states. */
function readRecurrent(node: NodeReader, cell: RecurrentCell): readonly Value[] {
  refuseForms(node, cell);
  const direction = node.expectText('direction', 'forward', ['forward', 'reverse', 'bidirectional']);
  const batchFirst = node.int('layout', 0) === 1;
  const turned = (value: Value, perm: readonly number[]): Value =>
    batchFirst ? node.emit('transpose', [value], { perm }) : value;
  const x = turned(node.input(0), [1, 0, 2]);
  const [steps = 0, batch = 0, size = 0] = x.type.shape;
  if (!isStatic(batch) || !isStatic(size)) throw node.needsSizes(x.type.shape);
  checkLengths(node, steps);
  const [directions = 1, , hidden = 1] = node.input(2).type.shape.map(Number);
  const zeros = (...shape: number[]): Value =>
    node.addConstant(fromNumbers(x.type.dtype, shape, []), `${node.name}_zeros`);
  const state = (index: number): Value =>
    node.has(index) ? turned(node.input(index), [1, 0, 2]) : zeros(directions, batch, hidden);
  const bias = node.optional(3) ?? zeros(directions, 2 * recurrentCells[cell].gates * hidden);
  const states = cell === 'lstm' ? [state(5), state(6)] : [state(5)];
  const [y, ...last] = node.emitAll('recurrent', [x, node.input(1), node.input(2), bias, ...states], {
    cell,
    direction,
    functions: functionsOf(node, cell, directions),
    ...(node.int('linear_before_reset', 0) !== 0 && { linear_before_reset: true }),
  });
  return [turned(y as Value, [2, 0, 1, 3]), ...last.map((value) => turned(value, [1, 0, 2]))];
}

function refuseForms(node: NodeReader, cell: RecurrentCell): void {
  const forms = [
    [cell === 'lstm' && node.has(7), 'peepholes (P)'],
    [node.hasAttribute('clip'), 'clip'],
    [node.int('input_forget', 0) !== 0, 'input_forget'],
  ] as const;
  for (const [found, what] of forms)
    if (found) throw new CompileError('onnx/unsupported', `${node.op} with ${what} is not supported`);
}

/** Every sequence must be as long as x. */
function checkLengths(node: NodeReader, steps: number | string): void {
  if (!node.has(4)) return;
  const lengths = node.numbers(4, 'sequence_lens');
  if (lengths.every((length) => length === steps)) return;
  throw new CompileError(
    'onnx/unsupported',
    `${node.op} with sequence_lens expects the length of x, ${steps}, found [${lengths.join(',')}]`,
  );
}

/** One list for both directions. */
function functionsOf(node: NodeReader, cell: RecurrentCell, directions: number): string[] {
  const names = node.texts('activations') ?? [];
  const defaults = recurrentCells[cell].functions;
  const count = defaults.length;
  const given = names.length ? names : defaults;
  const found = given.map((name) => functions[name.toLowerCase()]);
  const repeated = found.every((name, i) => name !== undefined && name === found[i % count]);
  const plain = !node.floats('activation_alpha')?.length && !node.floats('activation_beta')?.length;
  if (repeated && plain && (given.length === count || given.length === count * directions))
    return found.slice(0, count) as string[];
  throw new CompileError(
    'onnx/unsupported',
    `${node.op} with the activations ${given.join(', ')} is not supported; expected ${count} of Sigmoid, Tanh, Relu, HardSigmoid without parameters, the same in both directions`,
  );
}
