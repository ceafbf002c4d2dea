import type { Graph, Node, Value } from '@ghostc/ir';
import { type Editor, edit } from '../editor.ts';

/** What is observed about a value. */
export type Statistic = 'min' | 'max' | 'mean' | 'value';

/** Which values are observed, and how. */
export interface ObserverOptions {
  /** Nodes whose float results are observed; all if absent. */
  readonly where?: (node: Node) => boolean;
  /** Outputs added for each value: `<name>/min` and so on; `min` and `max` if absent. */
  readonly statistics?: readonly Statistic[];
}

/**
 * A model with additional outputs that report the range of its inner values on each run: for calibration and
 * debugging.
 */
export function insertObservers(graph: Graph, options: ObserverOptions = {}): Graph {
  return edit(graph, (e) => observe(e, options));
}

/** `insertObservers` on a graph that is being edited. */
export function observe(e: Editor, { where, statistics = ['min', 'max'] }: ObserverOptions): void {
  for (const node of e.find(where ? { where } : {}))
    for (const value of node.outputs)
      if (value.type.dtype.startsWith('f'))
        for (const statistic of statistics)
          e.output(observed(e, value, statistic), `${value.name}/${statistic}`);
}

function observed(e: Editor, x: Value, statistic: Statistic): Value {
  const whole = { x, axes: [], keepdims: false } as const;
  if (statistic === 'min') return e.ops.reduce_min(whole, `${x.name}/min`);
  if (statistic === 'max') return e.ops.reduce_max(whole, `${x.name}/max`);
  return statistic === 'mean' ? e.ops.reduce_mean(whole, `${x.name}/mean`) : x;
}
