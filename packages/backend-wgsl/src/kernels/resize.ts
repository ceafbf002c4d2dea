import { type Node, staticShape } from '@ghostc/ir';
import { attrsOf, resize as resizeOp, resizeTables } from '@ghostc/ops';
import type { Emit } from '../kernel.ts';
import { sourceOf } from './operands.ts';
import { type AxisTap, gatherStep } from './table-gather.ts';

/** Nearest or linear: all coordinate arithmetic is done here, in double precision. */
export const resize: Emit = ({ node, arena, weights }) => {
  const x = sourceOf(node, 0);
  const [from, to] = [staticShape(x.type.shape), staticShape(node.output.type.shape)];
  const tapOf = resizeTaps(node);
  return [
    gatherStep({ id: 'resize', x: arena(x), y: arena(node.output), from, to, tapOf, fill: 0, weights }),
  ];
};

/** What output position i of an axis reads. */
export function resizeTaps(node: Node): (i: number, axis: number) => AxisTap {
  const attrs = attrsOf(resizeOp, node);
  const from = staticShape(sourceOf(node, 0).type.shape);
  const to = staticShape(node.output.type.shape);
  const tables = resizeTables(from, to, attrs);
  return (i, axis) => {
    const [low, high = low] = tables[axis]?.[i] ?? [];
    return { low: low?.index ?? 0, high: high?.index ?? 0, fraction: high === low ? 0 : (high?.weight ?? 0) };
  };
}
