import { isFloat, type Value } from '@ghostc/ir';
import { attrsOf } from '../define-op.ts';
import { normalAxis } from '../movement/movement.ts';
import { gather, gatherElements } from './indexing.ts';

/**
 * Size of the smallest axis into which the elements of an integer value are indices, as those of a sentence into an embedding;
 * infinite if there is none. It looks through ops from integers to integers, such as casts and what makes negative indices positive.
 */
export function indexBound(value: Value): number {
  const reached = new Set([value].filter(mayIndex));
  let bound = Infinity;
  for (const one of reached)
    for (const { op, attrs, inputs, output } of one.users) {
      const [x, indices] = inputs;
      if (x && indices === one && (op === gather.name || op === gatherElements.name))
        bound = Math.min(
          bound,
          Number(x.type.shape[normalAxis(attrsOf(gather, { attrs }).axis, x.type.shape.length)]),
        );
      else if (mayIndex(output)) reached.add(output);
    }
  return bound;
}

/** Integers that stand for themselves: those that are quantised, for real numbers. */
function mayIndex({ type: { dtype, quant } }: Value): boolean {
  return !isFloat(dtype) && dtype !== 'bool' && !quant;
}
