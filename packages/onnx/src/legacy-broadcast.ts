import { CompileError, type Value } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';

/**
 * The two operands of a binary op. Before opset 7 `broadcast = 1` aligned b with a at `axis`: b gets trailing axes of
 * size 1, after which NumPy's rule means the same.
 */
export function broadcastOperands(node: NodeReader): [Value, Value] {
  const [a, b] = [node.input(0), node.input(1)];
  if (node.opset >= 7) return [a, b];
  const [rankA, rankB] = [a.type.shape.length, b.type.shape.length];
  if (node.int('broadcast', 0) !== 1) {
    if (a.type.shape.join() === b.type.shape.join()) return [a, b];
    throw new CompileError(
      'onnx/input',
      `${node.op} before opset 7 expects operands of one shape unless broadcast is set`,
    );
  }
  if (!node.hasAttribute('axis')) return [a, b];
  const axis = node.int('axis', 0);
  const trailing = rankA - (axis < 0 ? axis + rankA : axis) - rankB;
  if (trailing <= 0) return [a, b];
  const shape = [...b.type.shape.map(Number), ...new Array<number>(trailing).fill(1)];
  return [a, node.emit('reshape', [b], { shape })];
}
