import type { Node } from '@ghostc/ir';
import { type ArenaSpan, arenaSpans } from './arena-spans.ts';
import type { PlacedStream, StreamedPlan } from './place-streams.ts';
import { runningSteps } from './running-steps.ts';

/** What is in use while a step of the plan runs, largest first. */
export function heldWhile(plan: StreamedPlan, step: Node | PlacedStream): ArenaSpan[] {
  const at = runningSteps(plan).indexOf(step);
  const held = arenaSpans(plan).filter(({ start, end }) => start <= at && at <= end);
  return held.sort((a, b) => b.bytes - a.bytes);
}
