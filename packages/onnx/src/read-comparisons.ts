import { CompileError, type Value } from '@ghostc/ir';
import { broadcastOperands } from './legacy-broadcast.ts';
import type { NodeReader, OpRow, ReadOp } from './node-reader.ts';

const pair =
  (op: string): ReadOp =>
  (node) =>
    node.emit(op, broadcastOperands(node));

/** a > b is b < a. */
const swapped =
  (op: string): ReadOp =>
  (node) => {
    const [a, b] = broadcastOperands(node);
    return node.emit(op, [b, a]);
  };

/** Relations, logic, and what picks by them. */
export const comparisonRows: readonly OpRow[] = [
  ['And', pair('logical_and')],
  ['Equal', pair('equal')],
  ['Greater', swapped('less')],
  ['GreaterOrEqual', swapped('less_equal')],
  ['IsNaN', (node) => node.emit('logical_not', [node.emit('equal', [node.input(0), node.input(0)])])],
  ['Less', pair('less')],
  ['LessOrEqual', pair('less_equal')],
  ['Mod', readMod],
  ['Not', (node) => node.emit('logical_not', [node.input(0)])],
  ['Or', pair('logical_or')],
  ['Where', (node) => node.emit('where', [node.input(0), node.input(1), node.input(2)])],
  ['Xor', pair('logical_xor')],
];

function readMod(node: NodeReader): Value {
  const fmod = node.int('fmod', 0) === 1;
  const { dtype } = node.input(0).type;
  if (!fmod && (dtype.startsWith('f') || dtype === 'bf16'))
    throw new CompileError('onnx/attribute', `Mod of ${dtype} expects fmod = 1`);
  return node.emit('mod', [node.input(0), node.input(1)], { fmod });
}
