import { isFloat, type Node, staticShape } from '@ghostc/ir';
import { attrsOf, pad as padOp } from '@ghostc/ops';
import type { Emit } from '../kernel.ts';
import { sourceOf } from './operands.ts';
import { gatherStep } from './table-gather.ts';

export const pad: Emit = ({ node, arena, weights }) => {
  const x = sourceOf(node, 0);
  const from = staticShape(x.type.shape);
  const { value } = attrsOf(padOp, node);
  const fill = isFloat(x.type.dtype) ? value : Math.trunc(value);
  const source = padTaps(node);
  const tapOf = (i: number, axis: number) => {
    const low = source(i, axis);
    return { low, high: low, fraction: 0 };
  };
  const to = staticShape(node.output.type.shape);
  return [gatherStep({ id: 'pad', x: arena(x), y: arena(node.output), from, to, tapOf, fill, weights })];
};

/** What output position i of an axis reads; -1 asks for the fill value. */
export function padTaps(node: Node): (i: number, axis: number) => number {
  const from = staticShape(sourceOf(node, 0).type.shape);
  const { pads, mode } = attrsOf(padOp, node);
  return (i, axis) => sourceIndex(i - (pads[axis] ?? 0), from[axis] ?? 1, mode);
}

/** Index into an axis of `size` for position i, which may lie outside; -1 asks for the fill value. */
function sourceIndex(i: number, size: number, mode: string): number {
  if (i >= 0 && i < size) return i;
  if (mode === 'constant') return -1;
  if (mode === 'edge') return i < 0 ? 0 : size - 1;
  const period = mode === 'wrap' ? size : Math.max(1, 2 * (size - 1));
  const folded = ((i % period) + period) % period;
  return folded < size ? folded : period - folded;
}
