import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { ghostGroups } from '../graph/ghost-groups.ts';
import { GraphView } from './graph-view.tsx';
import type { PaneProps } from './pane-props.ts';

/** The model as it came, or as the optimiser leaves it. */
export function GraphPane({ model }: PaneProps): JSX.Element {
  const [optimized, showOptimized] = useState(false);
  const groups = useMemo(() => ghostGroups(model.source, model.optimized), [model]);
  return (
    <>
      <div class="choices">
        <button type="button" aria-pressed={!optimized} onClick={() => showOptimized(false)}>
          As it came
        </button>
        <button type="button" aria-pressed={optimized} onClick={() => showOptimized(true)}>
          Optimised
        </button>
      </div>
      <GraphView graph={optimized ? model.optimized : model.source} groups={optimized ? undefined : groups} />
    </>
  );
}
