import type { Node, Value } from '@ghostc/ir';
import type { StreamedPlan } from './place-streams.ts';
import { valueBytes } from './resolve-storage.ts';
import { runningNodes } from './running-nodes.ts';

/** Bytes [offset, offset + bytes) of the arena while steps `start` to `end` run; steps count the nodes that run code. */
export interface ArenaSpan {
  /** null: working memory of the step's own. */
  readonly value: Value | null;
  readonly offset: number;
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

/** What lies where in the arena, and when. A value that stands for others (a concat, a view) is left to those. */
export function arenaSpans(plan: StreamedPlan): ArenaSpan[] {
  const { graph, placements, elided, scratch, streams } = plan;
  const run = runningNodes(plan);
  const step = new Map(run.map((node, i) => [node, i]));
  const lastUse = (value: Value): number =>
    Math.max(
      graph.isOutput(value) ? run.length - 1 : 0,
      ...[...value.users].map((user) =>
        elided.has(user) ? Math.max(...user.outputs.map(lastUse)) : (step.get(user) ?? 0),
      ),
    );
  const span = (value: Value): ArenaSpan[] => {
    const place = placements.get(value);
    if (place?.region !== 'arena' || (value.producer && elided.has(value.producer))) return [];
    const start = value.producer ? (step.get(value.producer) ?? 0) : 0;
    return [
      { value, offset: place.offset, bytes: valueBytes(value), start, end: Math.max(start, lastUse(value)) },
    ];
  };
  const working = run.flatMap((node: Node, i): ArenaSpan[] => {
    const bytes = streams.get(node)?.bytes ?? 0;
    const place = scratch.get(node);
    return place && bytes ? [{ value: null, offset: place.offset, bytes, start: i, end: i }] : [];
  });
  const values = [...graph.inputs, ...[...graph.nodes()].flatMap(({ outputs }) => outputs)];
  return [...values.flatMap(span), ...working];
}
