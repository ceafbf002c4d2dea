import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { counted } from '../counted.ts';
import { useResult } from '../use-result.ts';
import { client } from '../use-task.ts';
import type { RuleEvent } from '../worker/protocol.ts';
import { GraphView } from './graph-view.tsx';
import type { PaneProps } from './pane-props.ts';

/** The passes in order; one of them with the rules that fired or declined, and the graph after it. */
export function PassesPane({ model: { passes } }: PaneProps): JSX.Element {
  const [chosen, choose] = useState(() =>
    Math.max(
      0,
      passes.findIndex(({ fired }) => fired.length > 0),
    ),
  );
  const pass = passes[chosen];
  const after = useResult(() => client.call('passGraph', chosen).catch(() => undefined), [passes, chosen]);
  return (
    <div class="split">
      <ol class="list">
        {passes.map(({ name, nodes, fired }, i) => (
          <li key={name}>
            <button type="button" aria-pressed={i === chosen} onClick={() => choose(i)}>
              <span>{name}</span>
              <small>
                {fired.length ? `${counted(fired.length, 'rewrite')}, ` : ''}
                {counted(nodes, 'node')}
              </small>
            </button>
          </li>
        ))}
      </ol>
      <section>
        <Events title="fired" events={pass?.fired ?? []} />
        <Events title="declined" events={pass?.declined ?? []} />
        <h3>The graph after it; new nodes are marked</h3>
        {after && <GraphView graph={after.graph} marked={after.made} />}
      </section>
    </div>
  );
}

function Events({ title, events }: { title: string; events: readonly RuleEvent[] }): JSX.Element {
  return (
    <details open={title === 'fired' && events.length > 0}>
      <summary>
        {counted(events.length, 'rule')} {title}
      </summary>
      <ul class="events">
        {events.map(({ rule, op, node, reason }, i) => (
          <li key={i}>
            <b>{rule}</b> at {op} <code>{node}</code>
            {reason && <div>{reason}</div>}
          </li>
        ))}
      </ul>
    </details>
  );
}
