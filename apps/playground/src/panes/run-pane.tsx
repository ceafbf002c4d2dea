import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RunResult } from '../worker/protocol.ts';
import type { PaneProps } from './pane-props.ts';

/** The WGSL on this machine's GPU. */
export function RunPane({ model, task }: PaneProps): JSX.Element {
  const [result, setResult] = useState<RunResult>();
  if (!('gpu' in navigator)) return <p>This browser has no WebGPU.</p>;
  const run = async (file: File | undefined): Promise<void> => {
    if (file) setResult(await task.run('run', await createImageBitmap(file)));
  };
  return (
    <>
      <label class="file">
        Run {model.name} on a picture
        <input type="file" accept="image/*" onChange={({ currentTarget }) => run(currentTarget.files?.[0])} />
      </label>
      {result && (
        <table>
          <caption>
            {result.milliseconds.toFixed(1)} ms; largest values of {result.output}
          </caption>
          <thead>
            <tr>
              <th>Index</th>
              <th>Value</th>
            </tr>
          </thead>
          <tbody>
            {result.best.map(({ index, value }) => (
              <tr key={index}>
                <td class="n">{index}</td>
                <td class="n">{value.toPrecision(6)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
