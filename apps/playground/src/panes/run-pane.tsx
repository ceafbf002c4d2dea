import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LayerDifference, RunResult } from '../worker/protocol.ts';
import type { PaneProps } from './pane-props.ts';

/** The WGSL on this machine's GPU, on a picture or on the camera. */
export function RunPane({ model, task, reopen }: PaneProps): JSX.Element {
  const [result, setResult] = useState<RunResult>();
  const [layers, setLayers] = useState<readonly LayerDifference[]>();
  const [stream, setStream] = useState<MediaStream>();
  const video = useRef<HTMLVideoElement>(null);
  const run = async (source: ImageBitmapSource): Promise<boolean> => {
    const made = await task.run('run', await createImageBitmap(source));
    if (made) setResult(made);
    return !!made;
  };
  useEffect(() => {
    const element = video.current;
    if (!stream || !element) return undefined;
    element.srcObject = stream;
    let running = true;
    const next = async (): Promise<void> => {
      while (running && (await run(element)));
      setStream(undefined);
    };
    element.play().then(next);
    return () => {
      running = false;
      for (const track of stream.getTracks()) track.stop();
    };
  }, [stream]);
  if (!('gpu' in navigator)) return <p>This browser has no WebGPU.</p>;
  const camera = async (): Promise<void> => {
    const made = stream
      ? undefined
      : await navigator.mediaDevices?.getUserMedia({ video: true }).catch(() => undefined);
    setStream(made);
  };
  const compare = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const made = await task.run('compare', await createImageBitmap(file));
    setLayers(made);
    if (!made) reopen();
  };
  return (
    <>
      <div class="choices">
        <label class="file">
          Run {model.name} on a picture
          <input
            type="file"
            accept="image/*"
            onChange={({ currentTarget }) => currentTarget.files?.[0] && run(currentTarget.files[0])}
          />
        </label>
        <label class="file">
          Compare with the interpreter
          <input
            type="file"
            accept="image/*"
            onChange={({ currentTarget }) => compare(currentTarget.files?.[0])}
          />
        </label>
        <button type="button" aria-pressed={!!stream} onClick={camera}>
          {stream ? 'Stop the camera' : 'Camera'}
        </button>
      </div>
      {stream && <video ref={video} muted playsInline />}
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
      {layers && <Layers layers={layers} />}
    </>
  );
}

/** Each layer by itself: a fault is where it is made. */
function Layers({ layers }: { layers: readonly LayerDifference[] }): JSX.Element {
  const off = layers.filter(({ difference, allowed }) => !(difference <= allowed)).length;
  return (
    <table>
      <caption>
        {layers.length} layers by themselves, WGSL against the interpreter: {off || 'none'} off by more than
        rounding explains
      </caption>
      <thead>
        <tr>
          <th>Layer</th>
          <th>Difference</th>
          <th>Allowed there</th>
        </tr>
      </thead>
      <tbody>
        {layers.map(({ op, node, difference, allowed }, i) => (
          <tr key={i} class={difference <= allowed ? '' : 'no'}>
            <td>
              {op} <code>{node}</code>
            </td>
            <td class="n">{difference.toPrecision(3)}</td>
            <td class="n">{allowed.toPrecision(3)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
