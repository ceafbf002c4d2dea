import type { JSX } from 'preact';
import { useResult } from '../use-result.ts';
import { client } from '../use-task.ts';

/** How the values of weights are distributed. */
export function HistogramView({ name }: { name: string }): JSX.Element | null {
  const shown = useResult(() => client.call('weights', name).catch(() => undefined), [name]);
  if (!shown) return null;
  const { counts, min, max, zeros, total } = shown;
  const top = Math.max(...counts);
  return (
    <figure class="histogram">
      <svg
        role="img"
        aria-label={`values of ${name}`}
        viewBox={`0 0 ${counts.length} 10`}
        preserveAspectRatio="none"
      >
        {counts.map((count, i) => (
          <rect key={i} x={i} y={10 - (10 * count) / top} width={0.9} height={(10 * count) / top} />
        ))}
      </svg>
      <figcaption>
        {total.toLocaleString('en-US')} values from {min.toPrecision(3)} to {max.toPrecision(3)}
        {zeros ? `, ${zeros.toLocaleString('en-US')} are 0` : ''}
      </figcaption>
    </figure>
  );
}
