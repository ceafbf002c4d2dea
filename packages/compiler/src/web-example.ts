import type { IoTensor, ProgramManifest } from '@ghostc/wgsl-runtime';

type Tensor = Omit<IoTensor, 'offset'>;

/**
 * An example page of a program: `<name>.html`, and its script `<name>.example.js`, so that a content security policy of
 * `default-src 'self'` is enough; WebAssembly also needs `script-src 'self' 'wasm-unsafe-eval'`. It runs once on zeros; an
 * input that can be a picture has a field for a file.
 */
export function webExample({
  name,
  inputs,
}: Pick<ProgramManifest, 'name'> & { readonly inputs: readonly Tensor[] }): ReadonlyMap<string, string> {
  const pictures = inputs.filter(isPicture);
  return new Map([
    [`${name}.html`, pageText(name)],
    [`${name}.example.js`, scriptText(name, pictures)],
  ]);
}

function isPicture(input: Tensor): boolean {
  const channels = channelsOf(input);
  const stored = ['f32', 'i8', 'u8'].includes(input.dtype);
  return stored && input.shape.length === 4 && input.shape[0] === 1 && (channels === 1 || channels === 3);
}

const channelsOf = ({ shape, layout }: Tensor): number | undefined => shape[layout === 'NHWC' ? 3 : 1];

const pageText = (name: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<h1>${name}</h1>
<form></form>
<p id="status">waiting for ${name}.example.js; from a file:// address it cannot be loaded: serve this folder</p>
<main></main>
<script type="module" src="./${name}.example.js"></script>
</html>
`;

/** What a network was trained with is not in its file: ImageNet's values for colour, 0 to 1 for one channel. */
const normalisation = (input: Tensor): string =>
  channelsOf(input) === 3
    ? '{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }'
    : '{ mean: [0], std: [1] }';

const scriptText = (name: string, pictures: readonly Tensor[]): string => `// An example of ${name}.js.
import { load, manifest, picture } from './${name}.js';

/** Inputs that pictures can be: y = (v - mean) / std of values from 0 to 1. Your model's training says what they are. */
const pictures = {
${pictures.map((input) => `  ${key(input.name)}: ${normalisation(input)},\n`).join('')}};
const arrays = {
  f32: Float32Array, i32: Int32Array, i16: Int16Array, u16: Uint16Array, i8: Int8Array, u8: Uint8Array,
};

const style = new CSSStyleSheet();
style.replaceSync(\`
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 40rem; padding: 0 1rem; }
  h1, h2, #status { overflow-wrap: anywhere; } label { display: block; } input { max-width: 100%; }
  table { border-collapse: collapse; width: 100%; }
  td { padding: 0 1rem 0 0; font-variant-numeric: tabular-nums; } td:last-child { padding: 0; width: 60%; }
  td div { background: #4a7bd0; border-radius: 3px; height: 0.8rem; min-width: 1px; }
\`);
document.adoptedStyleSheets = [style];

const status = document.querySelector('#status');
const say = (text) => { status.textContent = text; };

const zeros = ({ name, shape, dtype }) => [name, new arrays[dtype](shape.reduce((n, dim) => n * dim, 1))];
const inputs = new Map(manifest.inputs.map(zeros));

function add(parent, tag, text) {
  return parent.appendChild(Object.assign(document.createElement(tag), { textContent: text }));
}

/** The five largest values of an output. */
function show({ name, shape, dtype }, values) {
  const main = document.querySelector('main');
  add(main, 'h2', \`\${name}: \${dtype}[\${shape}]\`);
  const table = add(main, 'table', '');
  const best = [...values.entries()].sort(([, a], [, b]) => b - a).slice(0, 5);
  const most = Math.max(...best.map(([, value]) => Math.abs(value)), 1e-30);
  for (const [i, value] of best) {
    const row = add(table, 'tr', '');
    add(row, 'td', i);
    add(row, 'td', dtype === 'f32' ? value.toFixed(4) : value);
    add(add(row, 'td', ''), 'div', '').style.width = \`\${(100 * Math.abs(value)) / most}%\`;
  }
}

async function run(model) {
  const start = performance.now();
  const outputs = await model.run(Object.fromEntries(inputs));
  const where = model.backend ? \` on \${model.backend.name} (\${model.backend.reason})\` : '';
  say(\`ran in \${(performance.now() - start).toFixed(1)} ms\${where}; inputs without a picture are zeros; largest values:\`);
  document.querySelector('main').replaceChildren();
  for (const output of manifest.outputs) show(output, outputs[output.name]);
}

function addField(model, name, normalise) {
  const label = add(document.querySelector('form'), 'label', \`\${name} \`);
  const field = Object.assign(add(label, 'input', ''), { type: 'file', accept: 'image/*' });
  field.addEventListener('change', () => orSay(async () => {
    if (!field.files.length) return;
    inputs.set(name, picture(await createImageBitmap(field.files[0]), normalise));
    await run(model);
  }));
}

/** No GPU, a file that is missing, a picture that cannot be read: the page says so. */
async function orSay(task) {
  await task().catch((error) => say(error.message));
}

await orSay(async () => {
  say('loading');
  const model = await load({
    onProgress: (done, total) => say(\`\${done} of \${total} pipelines\`),
    onDownload: (bytes, total) => say(\`\${Math.round((100 * bytes) / total)} % of the weights\`),
  });
  await run(model);
  for (const [name, normalise] of Object.entries(pictures)) addField(model, name, normalise);
});
`;

/** A property name, also one that an object literal would take for its prototype. */
const key = (name: string): string => `[${JSON.stringify(name)}]`;
