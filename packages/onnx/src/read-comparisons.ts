import { CompileError, fromNumbers, type Value } from '@ghostc/ir';
import { Formulas, fixedShape } from './formulas.ts';
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
  ['IsInf', readIsInf],
  ['IsNaN', (node) => node.emit('logical_not', [node.emit('equal', [node.input(0), node.input(0)])])],
  ['Less', pair('less')],
  ['LessOrEqual', pair('less_equal')],
  ['Mod', readMod],
  ['Not', (node) => node.emit('logical_not', [node.input(0)])],
  ['Or', pair('logical_or')],
  ['Where', (node) => node.emit('where', [node.input(0), node.input(1), node.input(2)])],
  ['Xor', pair('logical_xor')],
];

function readIsInf(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const [below, above] = ['detect_negative', 'detect_positive'].map((name) => node.int(name, 1) !== 0);
  if (!below && !above)
    return f.emit('expand', [node.addConstant(fromNumbers('bool', [], [0]))], { shape: fixedShape(node, x) });
  const size = below && above ? f.emit('abs', [x]) : x;
  return f.emit('equal', [size, f.number(x, above ? Infinity : -Infinity)]);
}

function readMod(node: NodeReader): Value {
  const fmod = node.int('fmod', 0) === 1;
  const { dtype } = node.input(0).type;
  if (!fmod && (dtype.startsWith('f') || dtype === 'bf16'))
    throw new CompileError('onnx/attribute', `Mod of ${dtype} expects fmod = 1`);
  return node.emit('mod', [node.input(0), node.input(1)], { fmod });
}
