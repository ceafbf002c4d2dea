import type { Node } from '@ghostc/ir';
import type { MemoryPlan } from './memory-plan.ts';

/** The nodes that run code, in order: the steps of a plan. */
export function runningNodes({ order, elided }: Pick<MemoryPlan, 'order' | 'elided'>): Node[] {
  return order.filter((node) => !elided.has(node));
}
