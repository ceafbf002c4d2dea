import type { JSX } from 'preact';
import { devices, type Settings } from './share.ts';
import type { Source } from './worker/protocol.ts';

const specs = [
  'ghostnet:1.0@224',
  'ghostnet:0.5@96',
  'ghostnetv2:1.0@224',
  'ghostnetv3:1.0@224',
  'ghost_vgg16:2@32/10',
];

interface Props {
  readonly settings: Settings;
  readonly change: (changes: Partial<Settings>) => void;
  readonly open: (source: Source) => void;
  /** Dimensions that the open model leaves without a size. */
  readonly openSizes: readonly string[];
  /** Opens the model again, in other sizes. */
  readonly resize: (sizes: string) => void;
  readonly download: (() => void) | undefined;
}

export function OpenForm({ settings, change, open, openSizes, resize, download }: Props): JSX.Element {
  const pick = async (file: File | undefined): Promise<void> => {
    if (file) open({ kind: 'file', name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  };
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <label class="file">
        Open a file
        <input
          type="file"
          accept=".onnx,.tflite"
          onChange={({ currentTarget }) => pick(currentTarget.files?.[0])}
        />
      </label>
      <label>
        or a GhostNet
        <select
          value={settings.spec}
          onChange={({ currentTarget }) =>
            currentTarget.value && open({ kind: 'spec', spec: currentTarget.value })
          }
        >
          <option value="">choose</option>
          {specs.map((spec) => (
            <option key={spec}>{spec}</option>
          ))}
        </select>
      </label>
      <label>
        Sizes
        <input
          type="text"
          title="Sizes of symbolic dimensions, as --bind of the command takes them"
          placeholder={openSizes.map((name) => `${name}=SIZE`).join(' ') || 'batch=1 height=224'}
          value={settings.sizes}
          onChange={({ currentTarget }) => resize(currentTarget.value)}
        />
      </label>
      <label>
        Device
        <select
          value={settings.device}
          onChange={({ currentTarget }) => change({ device: currentTarget.value as Settings['device'] })}
        >
          {devices.map(([device, title]) => (
            <option key={device} value={device}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        RAM limit, KiB
        <input
          type="number"
          min="1"
          placeholder="none"
          value={settings.ram}
          onChange={({ currentTarget }) => change({ ram: currentTarget.value })}
        />
      </label>
      <button type="button" class="main" disabled={!download} onClick={download}>
        Download C, ONNX, WGSL
      </button>
    </form>
  );
}
