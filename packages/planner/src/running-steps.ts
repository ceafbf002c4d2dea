import { Node } from '@ghostc/ir';
import type { MemoryPlan, Step } from './memory-plan.ts';
import type { Stream } from './stream.ts';

/** The steps that run code, in order. */
export function runningSteps<S extends Step>({
  order,
  elided,
}: Pick<MemoryPlan<S>, 'order' | 'elided'>): S[] {
  return order.filter((step) => !elided.has(step));
}

/** The layers of a stream: its steps that are nodes, and move no rows. */
export function layersOf({ steps }: Pick<Stream, 'steps'>): Node[] {
  return steps.filter((step) => step instanceof Node);
}
