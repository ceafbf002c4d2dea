import type { JSX } from 'preact';
import { useResult } from '../use-result.ts';
import type { PaneProps } from './pane-props.ts';

const kib = (bytes: number): string =>
  bytes ? (bytes / 1024).toLocaleString('en-US', { maximumFractionDigits: 0 }) : '';
const time = (seconds: number): string =>
  seconds >= 1 ? `${seconds.toFixed(1)} s` : seconds ? `${(1000 * seconds).toFixed(1)} ms` : '';

/** Every board that `ghostc fit` knows: does the model fit, and how long does it take. Code and stack are not compiled here. */
export function FitPane({ model, task }: PaneProps): JSX.Element {
  const boards = useResult(() => task.run('fit', undefined as never), [model]);
  if (!boards) return <p>{task.error ? '' : 'planning for each board'}</p>;
  return (
    <div class="scroll">
      <table>
        <caption>
          Arena, inputs and outputs, and weights against each board. Time is estimated; code and stack come on
          top (ghostc fit).
        </caption>
        <thead>
          <tr>
            <th>Board</th>
            <th>Core</th>
            <th>RAM, KiB</th>
            <th>Weights, KiB</th>
            <th>Time</th>
            <th>Fits</th>
          </tr>
        </thead>
        <tbody>
          {boards.map(({ board, core, ramBytes, weightBytes, seconds, problems }) => (
            <tr key={board}>
              <td>{board}</td>
              <td>{core}</td>
              <td class="n">{kib(ramBytes)}</td>
              <td class="n">{kib(weightBytes)}</td>
              <td class="n">{time(seconds)}</td>
              <td class={problems.length ? 'no' : 'yes'}>{problems.length ? problems.join('; ') : 'yes'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
