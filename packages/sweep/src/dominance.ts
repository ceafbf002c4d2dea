import { itemAt } from '@ghostc/ir';

/**
 * The cost of a point: objectives are minimised; `violation` is 0 if all constraints hold, otherwise the
 * amount by which they are violated.
 */
export interface Score {
  readonly objectives: readonly number[];
  readonly violation: number;
}

/**
 * Constrained dominance (Deb et al. 2002, section VI): what violates less wins; of two that violate nothing, the one that is
 * nowhere worse and somewhere better.
 */
export function dominates(a: Score, b: Score): boolean {
  if (a.violation !== b.violation) return a.violation < b.violation;
  if (a.violation > 0) return false;
  let better = false;
  for (let i = 0; i < a.objectives.length; i++) {
    const [x, y] = [itemAt(a.objectives, i), itemAt(b.objectives, i)];
    if (x > y) return false;
    if (x < y) better = true;
  }
  return better;
}
