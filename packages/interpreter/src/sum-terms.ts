import type { Node } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';

/** n of gamma_n: how many roundings lie on the way of one term into the result; 1 of what is no sum. */
export function termsOf(node: Node): number {
  const { error } = lookup(node.op);
  return 'terms' in error ? error.terms(node) : 1;
}
