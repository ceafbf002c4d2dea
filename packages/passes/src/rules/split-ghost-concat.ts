import type { Node, Value } from '@ghostc/ir';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { ghostRefusal, isChannelConcat } from './raise-ghost-module.ts';

// concat(a, p, c, b),  p = act(conv(x)), c = act(depthwise(p))   =>   concat(a, concat(p, c), b)
// PyTorch's TorchScript exporter writes the concat of a Ghost module and the concat that reads it as one.
export const splitGhostConcat = rule({
  name: 'split-ghost-concat',
  match: op('concat', any('first')).others().where(isChannelConcat).as('concat'),
  unless: ({ concat }) =>
    pairAt(concat) < 0 && 'no two of three or more parts are a convolution and a cheap operation on it',
  rewrite: ({ concat }, build) => {
    const at = pairAt(concat);
    const parts = concat.inputs.filter((part) => part !== null);
    const [primary, cheap] = parts.slice(at, at + 2).map(({ producer }) => producer);
    const origin = [...(primary?.origin ?? []), ...(cheap?.origin ?? [])];
    const module = build.node('concat', parts.slice(at, at + 2), { axis: 1 }, { origin });
    const source = { origin: concat.origin };
    return build.node('concat', parts.toSpliced(at, 2, module), concat.attrs, source);
  },
});

/** Index of the first of two parts that form a Ghost module and are read by nothing else; -1 if none. */
function pairAt(concat: Node): number {
  const parts = concat.inputs.filter((part) => part !== null);
  if (parts.length < 3) return -1;
  return parts.findIndex((part, i) => isPair(part, parts[i + 1]));
}

function isPair(first: Value, second: Value | undefined): boolean {
  const [primary, cheap] = [convolutionOf(first), second && convolutionOf(second)];
  if (primary?.op !== 'conv2d' || cheap?.op !== 'depthwise_conv2d') return false;
  if (cheap.inputs[0] !== first || first.users.size !== 2 || second?.users.size !== 1) return false;
  return !ghostRefusal(primary, cheap);
}

/** The convolution that a value comes from, directly or through slopes. */
function convolutionOf({ producer }: Value): Node | null | undefined {
  return producer?.op === 'prelu' ? producer.inputs[0]?.producer : producer;
}
