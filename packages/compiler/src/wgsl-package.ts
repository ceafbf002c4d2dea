import type { IoTensor, WgslManifest } from '@ghostc/wgsl-runtime';

/**
 * The files that make a WGSL program a package for a page: `<name>.js`, an ES module with the manifest and a loader;
 * `<name>.d.ts`; `<name>.html`, a page that runs it; `ghostc-runtime.js`, which is `runtime`, shared by all programs of a
 * folder. The weights stay in `<name>.weights.bin` beside them.
 */
export function wgslPackage(manifest: WgslManifest, runtime: string): ReadonlyMap<string, string> {
  const { name } = manifest;
  return new Map([
    [`${name}.js`, moduleText(manifest)],
    [`${name}.d.ts`, typesText(manifest)],
    [`${name}.html`, pageText(manifest)],
    ['ghostc-runtime.js', runtime],
  ]);
}

function moduleText(manifest: WgslManifest): string {
  return `import { createSession, picture, requestDevice } from './ghostc-runtime.js';

export { picture };

export const manifest = ${JSON.stringify(manifest)};

const file = new URL('./${manifest.name}.weights.bin', import.meta.url);

async function open(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(\`\${url}: \${response.status} \${response.statusText}\`);
  return response.body;
}

/** Compiles the shaders and uploads the weights. */
export function load({ device = () => requestDevice(manifest), weights = file, onProgress } = {}) {
  const bytes = weights instanceof Uint8Array ? weights : () => open(weights);
  return createSession(device, { manifest, weights: bytes }, { onProgress });
}
`;
}

const arrays = { f32: 'Float32Array', i32: 'Int32Array', i8: 'Int8Array', u8: 'Uint8Array' } as const;

function typesText({ name, inputs, outputs }: WgslManifest): string {
  const member = ({ name: key, shape, dtype }: IoTensor, picture: string): string =>
    `  /** ${dtype} [${shape.join(', ')}], row-major */\n  readonly ${JSON.stringify(key)}: ${arrays[dtype]}${picture};`;
  return `/** ${name}: a WebGPU program. */

type Device = typeof globalThis extends { GPUDevice: { prototype: infer D } } ? D : object;

/** An input that the GPU makes of a picture. */
export interface Picture {
  encode(encoder: never, target: never): void;
}

export interface PictureOptions {
  /** One for each channel, of values from 0 to 1: y = (v - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** \`cover\` keeps the proportions and cuts the edges; \`stretch\` takes all. Default: cover. */
  readonly fit?: 'cover' | 'stretch';
}

/** An input [1,C,H,W], C 1 or 3, from a picture or a video's current frame: resized and normalised on the GPU. */
export function picture(
  source:
    | ImageBitmap
    | ImageData
    | HTMLCanvasElement
    | OffscreenCanvas
    | HTMLImageElement
    | HTMLVideoElement
    | VideoFrame,
  options: PictureOptions,
): Picture;

export interface Inputs {
${inputs.map((input) => member(input, ' | Picture')).join('\n')}
}

export interface Outputs {
${outputs.map((output) => member(output, '')).join('\n')}
}

export interface DispatchTime {
  readonly label: string;
  readonly module: string;
  readonly nanoseconds: number;
}

export interface Model {
  /** One inference: one submit. */
  run(inputs: Inputs): Promise<Outputs>;
  /** Several inferences, one readback. */
  runBatch(batch: readonly Inputs[]): Promise<Outputs[]>;
  /** One inference with the time of each dispatch; needs the device feature timestamp-query. */
  profile(inputs: Inputs): Promise<DispatchTime[]>;
  dispose(): void;
}

export interface LoadOptions {
  /** Default: a device of the default adapter, and a new one when it is lost. */
  readonly device?: Device | (() => Promise<Device>);
  /** Default: the file beside this module. */
  readonly weights?: URL | string | Uint8Array;
  /** Called after each compiled pipeline. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Compiles the shaders and uploads the weights. Rejects with what is missing, or which limit is exceeded: no fallback. */
export function load(options?: LoadOptions): Promise<Model>;
`;
}

function pageText({ name, inputs }: WgslManifest): string {
  const [input] = inputs;
  const isPicture =
    input?.dtype === 'f32' && input.shape.length === 4 && [1, 3].includes(input.shape[1] ?? 0);
  return `<!doctype html>
<meta charset="utf-8">
<title>${name}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 40rem; padding: 0 1rem; }
  table { border-collapse: collapse; } td { padding: 0 1rem 0 0; font-variant-numeric: tabular-nums; }
</style>
<h1>${name}</h1>
${isPicture ? '<p><input type="file" accept="image/*"></p>' : ''}
<p id="status">loading</p>
<table id="result"></table>
<script type="module">
import { load, manifest, picture } from './${name}.js';

const status = document.querySelector('#status');
const model = await load({ onProgress: (done, total) => (status.textContent = \`\${done} of \${total} pipelines\`) });

async function classify(inputs) {
  const start = performance.now();
  const [[name, values]] = Object.entries(await model.run(inputs));
  status.textContent = \`\${name} in \${(performance.now() - start).toFixed(1)} ms\`;
  const best = [...values].map((value, i) => [i, value]).sort((a, b) => b[1] - a[1]).slice(0, 5);
  document.querySelector('#result').innerHTML = best
    .map(([i, value]) => \`<tr><td>\${i}<td>\${value.toFixed(4)}\`)
    .join('');
}

// zeros, so that there is something to see
await classify(Object.fromEntries(manifest.inputs.map(({ name, bytes }) => [name, new Float32Array(bytes / 4)])));

// the model's own training says what mean and std are
const normalise = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
document.querySelector('input')?.addEventListener('change', async ({ target }) => {
  const image = await createImageBitmap(target.files[0]);
  await classify({ [manifest.inputs[0].name]: picture(image, normalise) });
});
</script>
`;
}
