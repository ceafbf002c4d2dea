import type { ComponentChildren, JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { counted } from './counted.ts';
import { warmUp } from './graph/layout.ts';
import { OpenForm } from './open-form.tsx';
import { CodePane } from './panes/code-pane.tsx';
import { FitPane } from './panes/fit-pane.tsx';
import { GraphPane } from './panes/graph-pane.tsx';
import { MemoryPane } from './panes/memory-pane.tsx';
import { requestOf } from './panes/pane-props.ts';
import { PassesPane } from './panes/passes-pane.tsx';
import { QuantizePane } from './panes/quantize-pane.tsx';
import { RunPane } from './panes/run-pane.tsx';
import { saveFile } from './save-file.ts';
import { readSettings, type Settings, writeSettings } from './share.ts';
import { useTask } from './use-task.ts';
import type { OpenedModel, Source } from './worker/protocol.ts';

const panes = {
  graph: { title: 'Graph', show: GraphPane },
  passes: { title: 'Passes', show: PassesPane },
  memory: { title: 'Memory', show: MemoryPane },
  code: { title: 'Code', show: CodePane },
  fit: { title: 'Fit', show: FitPane },
  run: { title: 'Run', show: RunPane },
  quantize: { title: 'Int8', show: QuantizePane },
} as const;
type PaneName = keyof typeof panes;
const paneNames = Object.keys(panes) as readonly PaneName[];

export function App(): JSX.Element {
  const [settings, setSettings] = useState(() => readSettings(location.hash));
  const [model, setModel] = useState<OpenedModel>();
  const [pictures, setPictures] = useState<readonly File[]>([]);
  const asked = useRef<Source>(undefined);
  /** What `model` is of; `asked` may have been refused. */
  const opened = useRef<Source>(undefined);
  const task = useTask();
  const change = useCallback(
    (changes: Partial<Settings>) => setSettings((old) => ({ ...old, ...changes })),
    [],
  );
  useEffect(() => history.replaceState(null, '', writeSettings(settings)), [settings]);

  /** Sizes in the address are for the first model. */
  function openAnew(source: Source): void {
    open(withSizes(source, asked.current ? '' : settings.sizes));
  }
  async function open(source: Source): Promise<void> {
    void warmUp();
    asked.current = source;
    change({ sizes: (source.kind === 'file' && source.sizes) || '' });
    const read = await task.run('open', source);
    if (!read) return;
    opened.current = source;
    change({ spec: source.kind === 'spec' ? source.spec : '' });
    setModel(read);
  }
  function resize(sizes: string): void {
    if (asked.current) open(withSizes(asked.current, sizes));
    else change({ sizes });
  }
  async function quantize(): Promise<void> {
    const images = await Promise.all(pictures.map((file) => createImageBitmap(file)));
    const made = await task.run('quantize', images);
    if (made) setModel(made);
    else reopen(); // its worker may be gone
  }
  function reopen(): void {
    if (opened.current) open(opened.current);
  }
  /** Pictures are for int8, what is none is a model. */
  function take(files: readonly File[]): void {
    const [file] = files;
    if (files.every(({ type }) => type.startsWith('image/'))) {
      setPictures(files);
      change({ pane: 'quantize' });
    } else if (file) file.arrayBuffer().then((bytes) => openAnew(fileSource(file, bytes)));
  }
  async function download(): Promise<void> {
    const bytes = await task.run('zip', requestOf(settings));
    if (bytes && model) saveFile(`${model.name}.zip`, bytes);
  }
  const started = useRef(false);
  useEffect(() => {
    if (settings.spec && !started.current) openAnew({ kind: 'spec', spec: settings.spec });
    started.current = true;
  });

  const name = panes[settings.pane as PaneName] ? (settings.pane as PaneName) : 'graph';
  const Pane = panes[name].show;
  return (
    <DropArea onFiles={take}>
      <header>
        <h1>ghostc</h1>
        <OpenForm
          {...{ settings, change, resize }}
          open={openAnew}
          openSizes={model?.openSizes ?? []}
          download={model && download}
        />
      </header>
      <p class="status" role="status" data-busy={task.busy}>
        {task.text ??
          (model
            ? `${model.name}: ${counted(model.source.nodes.length, 'node')}, ${model.optimized.nodes.length} optimised${wanting(model)}`
            : '')}
        {task.busy && <progress value={task.done} max={1} />}
        {task.busy && (
          <button type="button" onClick={task.cancel}>
            Cancel
          </button>
        )}
      </p>
      {task.error && (
        <pre class="error" role="alert">
          {task.error}
        </pre>
      )}
      {model ? (
        <>
          <div
            class="tabs"
            role="tablist"
            aria-label="Panes"
            onKeyDown={(event) => step(event, name, (pane) => change({ pane }))}
          >
            {paneNames.map((pane) => (
              <button
                key={pane}
                type="button"
                role="tab"
                id={`tab-${pane}`}
                aria-selected={pane === name}
                tabIndex={pane === name ? 0 : -1}
                onClick={() => change({ pane })}
              >
                {panes[pane].title}
              </button>
            ))}
          </div>
          <section class="pane" role="tabpanel" aria-labelledby={`tab-${name}`}>
            <Pane key={name} {...{ model, settings, task, pictures, setPictures, quantize, reopen }} />
          </section>
        </>
      ) : (
        <Welcome />
      )}
    </DropArea>
  );
}

function withSizes(source: Source, sizes: string): Source {
  return source.kind === 'file' ? { ...source, sizes } : source;
}

/** C and WGSL need every size. */
function wanting({ openSizes }: OpenedModel): string {
  return openSizes.length > 0 ? `; C and WGSL need sizes of ${openSizes.join(', ')}` : '';
}

function fileSource({ name }: File, bytes: ArrayBuffer): Source {
  return { kind: 'file', name, bytes: new Uint8Array(bytes) };
}

/** Arrow keys move between the tabs. */
function step(event: KeyboardEvent, name: PaneName, show: (pane: PaneName) => void): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const next = paneNames[(paneNames.indexOf(name) + by + paneNames.length) % paneNames.length] as PaneName;
  show(next);
  document.getElementById(`tab-${next}`)?.focus();
}

function Welcome(): JSX.Element {
  return (
    <main class="welcome">
      <h2>Compile a network in this tab</h2>
      <p>
        Drop an ONNX or TFLite file here, or choose a GhostNet above. See the graph, step through the passes,
        see the memory, read the C and the WGSL of each layer, see which boards it fits, run it on a picture,
        and download all of it.
      </p>
      <p>The compiler runs in your browser. No server sees your model.</p>
    </main>
  );
}

/** The whole page takes a file. */
function DropArea({
  onFiles,
  children,
}: {
  onFiles: (files: readonly File[]) => void;
  children: ComponentChildren;
}): JSX.Element {
  const [over, setOver] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  useEffect(() => {
    const drag = (event: DragEvent): void => {
      event.preventDefault();
      setOver(event.type === 'dragover');
      const files = [...((event.type === 'drop' && event.dataTransfer?.files) || [])];
      if (files.length > 0) take.current(files);
    };
    for (const type of ['dragover', 'dragleave', 'drop'] as const) addEventListener(type, drag);
    return () => {
      for (const type of ['dragover', 'dragleave', 'drop'] as const) removeEventListener(type, drag);
    };
  }, []);
  return <div class={over ? 'page over' : 'page'}>{children}</div>;
}
