import type { Node } from '@ghostc/ir';
import type { MemoryPlan } from './memory-plan.ts';
import type { Stream } from './stream.ts';

/** The nodes that run code, in order: the steps of a plan. */
export function runningNodes({ order, elided }: Pick<MemoryPlan, 'order' | 'elided'>): Node[] {
  return order.filter((node) => !elided.has(node));
}

/** The layers of a stream: the nodes of its body that move no rows. */
export function layersOf({ body, moves }: Pick<Stream, 'body' | 'moves'>): Node[] {
  return [...body.nodes()].filter((node) => !moves.has(node));
}
