import { Node, type Value } from '@ghostc/ir';
import type { StreamedPlan } from './place-streams.ts';
import { valueBytes } from './resolve-storage.ts';
import { runningSteps } from './running-steps.ts';

/** Bytes [offset, offset + bytes) of the arena while steps `start` to `end` run; only steps that run code count. */
export interface ArenaSpan {
  /** null: working memory of the step's own. */
  readonly value: Value | null;
  readonly offset: number;
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Which values are where in the arena, and when. A value that shares another's memory (a concat, a view) is
 * counted there.
 */
export function arenaSpans(plan: StreamedPlan): ArenaSpan[] {
  const { graph, placements, elided, scratch } = plan;
  const run = runningSteps(plan);
  const written = new Map(run.flatMap(({ outputs }, at) => outputs.map((value) => [value, at] as const)));
  const joined = new Set([...elided].flatMap(({ outputs }) => outputs));
  const lastUses = lastUsesOf(plan);
  const span = (value: Value): ArenaSpan[] => {
    const place = placements.get(value);
    if (place?.region !== 'arena' || joined.has(value)) return [];
    const start = written.get(value) ?? 0;
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
  const working = run.flatMap((step, i): ArenaSpan[] => {
    const bytes = step instanceof Node ? 0 : step.bytes;
    const place = scratch.get(step);
    return place && bytes ? [{ value: null, offset: place.offset, bytes, start: i, end: i }] : [];
  });
  const values = [...graph.inputs, ...[...graph.nodes()].flatMap(({ outputs }) => outputs)];
  return [...values.flatMap(span), ...working];
}

/** The last step that reads a value, also through steps that run no code. */
function lastUsesOf(plan: StreamedPlan): Map<Value, number> {
  const { graph, order, elided } = plan;
  const places = new Map(runningSteps(plan).map((step, i) => [step, i]));
  const last = new Map<Value, number>();
  const use = (value: Value, at: number): void => {
    last.set(value, Math.max(last.get(value) ?? 0, at));
  };
  for (const { value } of graph.outputs) use(value, places.size - 1);
  for (const step of [...order].reverse()) {
    const at = elided.has(step)
      ? step.outputs.reduce((most, value) => Math.max(most, last.get(value) ?? 0), 0)
      : (places.get(step) ?? 0);
    for (const value of step.inputs) if (value) use(value, at);
  }
  return last;
}
