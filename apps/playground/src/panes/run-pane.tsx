import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunResult } from '../worker/protocol.ts';
import type { PaneProps } from './pane-props.ts';

/** The WGSL on this machine's GPU, on a picture or on the camera. */
export function RunPane({ model, task }: PaneProps): JSX.Element {
  const [result, setResult] = useState<RunResult>();
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
    </>
  );
}
