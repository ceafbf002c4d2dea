import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useResult } from '../use-result.ts';
import { type PaneProps, requestOf } from './pane-props.ts';

/** The C and the WGSL of one layer beside each other. Layers meet by their name in the source. */
export function CodePane({ model, settings, task }: PaneProps): JSX.Element {
  const facts = [model, settings.device, settings.ram];
  const result = useResult(async () => {
    const c = await task.run('compileC', requestOf(settings));
    return c && { c, wgsl: await task.run('compileWgsl', undefined as never) };
  }, facts);
  const [chosen, choose] = useState(0);
  if (!result) return <p>{task.error ? '' : 'compiling'}</p>;
  const { layers } = result.c;
  const layer = layers[Math.min(chosen, layers.length - 1)];
  const first = layer?.name.split(/ \+ |, /)[0] ?? '';
  const dispatch = result.wgsl?.dispatches.find(({ label }) => first !== '' && label.includes(first));
  return (
    <div class="split">
      <ol class="list">
        {layers.map(({ op, name, shape }, i) => (
          <li key={`${name} ${i}`}>
            <button type="button" aria-pressed={i === chosen} onClick={() => choose(i)}>
              <span>{op}</span>
              <small>
                {name.split(' + ')[0]} [{shape.join(',')}]
              </small>
            </button>
          </li>
        ))}
      </ol>
      <section class="codes">
        <h3>C for {settings.device}</h3>
        <pre>
          <code>{layer?.code || 'computed in bands of rows: see the file'}</code>
        </pre>
        <h3>WGSL{dispatch ? `: ${dispatch.label}` : ''}</h3>
        <pre>
          <code>{dispatch?.code ?? 'part of another dispatch, or the target refuses the model'}</code>
        </pre>
      </section>
    </div>
  );
}
