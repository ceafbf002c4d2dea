import type { Node } from '@ghostc/ir';
import { lookup, type MixedSum } from '@ghostc/ops';

/** n of gamma_n: the number of roundings between one term and the result; 1 if it is not a sum. */
export function termsOf(node: Node): number {
  const { error } = lookup(node.op);
  return 'terms' in error ? error.terms(node) : 1;
}

/** Another way in which kernels may compute the sums of a node; none in other types than float32. */
export function mixedSum(node: Node): MixedSum | null {
  const { error } = lookup(node.op);
  return 'mixed' in error && node.output.type.dtype === 'f32' ? (error.mixed?.(node) ?? null) : null;
}
