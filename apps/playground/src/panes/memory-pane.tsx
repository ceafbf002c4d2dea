import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useResult } from '../use-result.ts';
import type { CompiledC } from '../worker/protocol.ts';
import { type PaneProps, requestOf } from './pane-props.ts';

const bytes = (count: number): string => `${count.toLocaleString('en-US')} bytes`;

/** The arena over time: a box a buffer at its offset, from the layer that writes it to the last that reads it. */
export function MemoryPane({ model, settings, task }: PaneProps): JSX.Element {
  const facts = [model, settings.device, settings.ram];
  const compiled = useResult(() => task.run('compileC', requestOf(settings)), facts);
  if (!compiled) return <p>{task.error ? '' : 'planning'}</p>;
  return (
    <>
      <p>
        {bytes(compiled.arenaBytes)} of arena, {bytes(compiled.weightBytes)} of weights,{' '}
        {compiled.layers.length} layers
      </p>
      <ArenaPicture compiled={compiled} />
    </>
  );
}

function ArenaPicture({ compiled: { buffers, layers, arenaBytes } }: { compiled: CompiledC }): JSX.Element {
  const [step, setStep] = useState(0);
  const steps = 1 + Math.max(...layers.map((layer) => layer.step), ...buffers.map(({ end }) => end));
  const layer = layers.findLast((one) => one.step <= step) ?? layers[0];
  const alive = buffers.filter(({ start, end }) => start <= step && step <= end);
  const follow = (event: PointerEvent): void => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    setStep(Math.min(steps - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * steps))));
  };
  return (
    <figure>
      <svg
        class="arena"
        role="img"
        aria-label="The arena over the layers"
        viewBox={`0 0 ${steps} ${arenaBytes}`}
        preserveAspectRatio="none"
        onPointerMove={follow}
      >
        {buffers.map(({ name, offset, bytes: size, start, end }, i) => (
          <rect
            key={`${name} ${start}`}
            class={`shade${i % 4}`}
            x={start}
            y={arenaBytes - offset - size}
            width={end - start + 1}
            height={size}
          >
            <title>{`${name}: ${bytes(size)} at ${offset}`}</title>
          </rect>
        ))}
        <line class="now" x1={step + 0.5} x2={step + 0.5} y1={0} y2={arenaBytes} />
      </svg>
      <label class="wide">
        layer
        <input
          type="range"
          min={0}
          max={steps - 1}
          value={step}
          onInput={({ currentTarget }) => setStep(Number(currentTarget.value))}
        />
      </label>
      <figcaption>
        <b>{layer?.op}</b> <code>{layer?.name}</code>: {bytes(alive.reduce((sum, one) => sum + one.bytes, 0))}{' '}
        alive
        <ul>
          {alive.map(({ name, offset, bytes: size, start }) => (
            <li key={`${name} ${start}`}>
              <code>{name}</code> {bytes(size)} at {offset}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}
