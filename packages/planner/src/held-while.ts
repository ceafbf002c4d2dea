import type { Node, Value } from '@ghostc/ir';
import type { StreamedPlan } from './place-streams.ts';
import { valueBytes } from './resolve-storage.ts';

/** Bytes of the arena that are in use: by a value, or by a node for itself (`value` is null). */
export interface Held {
  readonly value: Value | null;
  readonly bytes: number;
}

/** What lies in the arena while a node of the plan's order runs, largest first. A concat stands for its parts. */
export function heldWhile(plan: StreamedPlan, node: Node): Held[] {
  const { graph, order, placements, streams, scratch } = plan;
  const step = new Map(order.map((one, i) => [one, i]));
  const at = step.get(node) ?? 0;
  const lastUse = (value: Value): number =>
    Math.max(
      graph.isOutput(value) ? order.length : -1,
      ...[...value.users].map((user) =>
        plan.elided.has(user) ? Math.max(...user.outputs.map(lastUse)) : (step.get(user) ?? -1),
      ),
    );
  const values = [...graph.inputs, ...[...graph.nodes()].flatMap(({ outputs }) => outputs)];
  const alive = values.filter((value) => {
    const start = value.producer ? (step.get(value.producer) ?? 0) : 0;
    return placements.get(value)?.region === 'arena' && start <= at && lastUse(value) >= at;
  });
  const spans = alive.map((value) => ({
    value,
    bytes: valueBytes(value),
    offset: placements.get(value)?.offset ?? 0,
  }));
  spans.sort((a, b) => b.bytes - a.bytes);
  const apart = spans.filter(
    (a, i) => !spans.slice(0, i).some((b) => a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes),
  );
  const own = scratch.has(node) ? [{ value: null, bytes: streams.get(node)?.bytes ?? 0 }] : [];
  return [
    ...own.filter(({ bytes }) => bytes > 0),
    ...apart.map(({ value, bytes }) => ({ value, bytes })),
  ].sort((a, b) => b.bytes - a.bytes);
}
