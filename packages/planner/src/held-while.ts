import type { Node } from '@ghostc/ir';
import { type ArenaSpan, arenaSpans } from './arena-spans.ts';
import type { StreamedPlan } from './place-streams.ts';
import { runningNodes } from './running-nodes.ts';

/** What is in use while a node of the plan runs, largest first. */
export function heldWhile(plan: StreamedPlan, node: Node): ArenaSpan[] {
  const at = runningNodes(plan).indexOf(node);
  const held = arenaSpans(plan).filter(({ start, end }) => start <= at && at <= end);
  return held.sort((a, b) => b.bytes - a.bytes);
}
