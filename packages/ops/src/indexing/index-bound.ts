import { isFloat, type Node, type Value } from '@ghostc/ir';
import { attrsOf } from '../define-op.ts';
import { normalAxis } from '../movement/movement.ts';
import { gather, gatherElements } from './indexing.ts';

/**
 * Size of the smallest axis into which the elements of an integer value are indices, as those of a sentence into an embedding;
 * infinite if there is none. It looks through ops from integers to integers, such as casts and what makes negative indices positive.
 */
export function indexBound(value: Value, seen = new Set<Value>()): number {
  if (seen.has(value)) return Infinity;
  seen.add(value);
  return Math.min(...[...value.users].map((user) => boundOf(user, value, seen)), Infinity);
}

function boundOf(user: Node, value: Value, seen: Set<Value>): number {
  const [x, indices] = user.inputs;
  if (x && indices === value && (user.op === gather.name || user.op === gatherElements.name))
    return Number(x.type.shape[normalAxis(attrsOf(gather, user).axis, x.type.shape.length)]);
  const { dtype } = user.output.type;
  return isFloat(dtype) || dtype === 'bool' ? Infinity : indexBound(user.output, seen);
}
