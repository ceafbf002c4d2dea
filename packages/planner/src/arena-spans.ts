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
  const lastUses = lastUsesOf(plan, step);
  const span = (value: Value): ArenaSpan[] => {
    const place = placements.get(value);
    if (place?.region !== 'arena' || (value.producer && elided.has(value.producer))) return [];
    const start = value.producer ? (step.get(value.producer) ?? 0) : 0;
    return [
      {
        value,
        offset: place.offset,
        bytes: valueBytes(value),
        start,
        end: Math.max(start, lastUses.get(value) ?? 0),
      },
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

/** The last step that reads a value, also through nodes that run no code. */
function lastUsesOf(
  { graph, order, elided }: StreamedPlan,
  step: ReadonlyMap<Node, number>,
): Map<Value, number> {
  const last = new Map<Value, number>();
  const use = (value: Value, at: number): void => {
    last.set(value, Math.max(last.get(value) ?? 0, at));
  };
  for (const { value } of graph.outputs) use(value, step.size - 1);
  for (const node of [...order].reverse()) {
    const at = elided.has(node)
      ? node.outputs.reduce((most, value) => Math.max(most, last.get(value) ?? 0), 0)
      : (step.get(node) ?? 0);
    for (const value of node.inputs) if (value) use(value, at);
  }
  return last;
}
