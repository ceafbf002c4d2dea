import type { IoTensor, ProgramManifest } from '@ghostc/wgsl-runtime';

type Tensor = Omit<IoTensor, 'offset'>;

/**
 * An example page of a program: `<name>.html`, and its script `<name>.example.js`, so that a content security policy of
 * `default-src 'self'` is enough; WebAssembly also needs `script-src 'self' 'wasm-unsafe-eval'`. It runs once on zeros; an
 * input that can be a picture takes files, the camera and samples.
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
<p id="status">waiting for ${name}.example.js; from a file:// address it cannot be loaded: serve this folder</p>
<div id="both"><form></form><main></main></div>
<script type="module" src="./${name}.example.js"></script>
</html>
`;

/**
 * The normalisation used in training is not in the model file: assume ImageNet's for colour, 0 to 1 for one
 * channel.
 */
const normalisation = (input: Tensor): string =>
  channelsOf(input) === 3
    ? '{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }'
    : '{ mean: [0], std: [1] }';

const scriptText = (
  name: string,
  pictures: readonly Tensor[],
): string => `// An example of ${name}.js: pictures in, the largest values out.
import { labels, load, manifest, picture, topK } from './${name}.js';

/** Inputs that pictures can be: y = (v - mean) / std of values from 0 to 1. Your model's training says what they are. */
const pictures = {
${pictures.map((input) => `  ${key(input.name)}: ${normalisation(input)},\n`).join('')}};
const arrays = {
  f32: Float32Array, i32: Int32Array, i16: Int16Array, u16: Uint16Array, i8: Int8Array, u8: Uint8Array,
};

const style = new CSSStyleSheet();
style.replaceSync(\`
  :root { color-scheme: light dark; } * { box-sizing: border-box; }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 56rem; padding: 1rem; }
  h1, h2, #status { margin: 0 0 0.5rem; overflow-wrap: anywhere; } h1 { font-size: 1.5rem; } h2 { font-size: 1rem; }
  #status { color: GrayText; font-size: 0.9rem; min-height: 2.8rem; }
  #both { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
  fieldset { border: 0; margin: 0 0 1rem; padding: 0; }
  .view { aspect-ratio: 1; background: #8882; border-radius: 12px; display: block; width: 100%; }
  .ways { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-top: 0.5rem; }
  .ways > * { background: #8882; border: 1px solid #8886; border-radius: 8px; color: inherit; cursor: pointer; font: inherit; height: 2.75rem; padding: 0 0.9rem; }
  label { align-items: center; display: flex; } input { height: 1px; opacity: 0; position: absolute; width: 1px; }
  label:focus-within, button:focus-visible { outline: 2px solid #4a7bd0; }
  .sample { overflow: hidden; padding: 0; width: 2.75rem; } .sample canvas { display: block; height: 100%; width: 100%; }
  table { border-collapse: collapse; margin-bottom: 1rem; table-layout: fixed; width: 100%; }
  td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; padding: 0.2rem 0.75rem 0.2rem 0; width: 44%; }
  td + td { text-align: right; width: 22%; } td:last-child { padding-right: 0; width: 34%; }
  td div { background: #4a7bd0; border-radius: 3px; height: 0.8rem; min-width: 1px; transition: width 0.15s; }
\`);
document.adoptedStyleSheets = [style];

const status = document.querySelector('#status');
const say = (text) => { status.textContent = text; };

const zeros = ({ name, shape, dtype }) => [name, new arrays[dtype](shape.reduce((n, dim) => n * dim, 1))];
const inputs = new Map(manifest.inputs.map(zeros));

function add(parent, tag, members = {}) {
  return parent.appendChild(Object.assign(document.createElement(tag), members));
}

/** The five largest values of an output. */
function show({ name, shape, dtype }, values) {
  const main = document.querySelector('main');
  add(main, 'h2', { textContent: \`\${name}: \${dtype}[\${shape}]\` });
  const table = add(main, 'table');
  const best = topK(values, 5, values.length === labels.length ? labels : []);
  const most = Math.max(...best.map(({ value }) => Math.abs(value)), 1e-30);
  for (const { index, value, label = index } of best) {
    const row = add(table, 'tr');
    add(row, 'td', { textContent: label });
    add(row, 'td', { textContent: dtype === 'f32' ? value.toFixed(4) : value });
    add(add(row, 'td'), 'div').style.width = \`\${(100 * Math.abs(value)) / most}%\`;
  }
}

async function run(model) {
  const start = performance.now();
  const outputs = await model.run(Object.fromEntries(inputs));
  const time = \`ran in \${(performance.now() - start).toFixed(1)} ms\`;
  say(model.backend ? \`\${time} on \${model.backend.name} (\${model.backend.reason})\` : time);
  document.querySelector('main').replaceChildren();
  for (const output of manifest.outputs) show(output, outputs[output.name]);
}

/** Pictures of no file: a sunset, a ball, stripes. */
const samples = {
  sunset(brush) {
    const sky = brush.createLinearGradient(0, 0, 0, 170);
    for (const [at, color] of [[0, '#274a8f'], [0.6, '#e8804f'], [1, '#ffd27a']]) sky.addColorStop(at, color);
    paint(brush, sky, [0, 0, 256, 170]);
    paint(brush, '#1d4a66', [0, 170, 256, 86]);
    disc(brush, '#fff3c4', [128, 150, 34]);
    for (let i = 0; i < 6; i++) paint(brush, '#ffd27a', [104 - i * 3, 178 + i * 13, 48 + i * 6, 3]);
  },
  ball(brush) {
    paint(brush, '#8fb58b', [0, 0, 256, 256]);
    disc(brush, '#0003', [140, 190, 74]);
    disc(brush, '#e07b2a', [128, 132, 84]);
    brush.lineWidth = 5;
    for (const x of [0, 128, 256]) {
      brush.beginPath();
      brush.ellipse(x, 132, x === 128 ? 2 : 74, 84, 0, 0, 7);
      brush.save();
      brush.clip(circle(128, 132, 84));
      brush.stroke();
      brush.restore();
    }
  },
  stripes(brush) {
    paint(brush, '#f4f1ea', [0, 0, 256, 256]);
    brush.lineWidth = 15;
    for (let i = -1; i < 9; i++) {
      brush.beginPath();
      brush.moveTo(i * 34, 0);
      brush.bezierCurveTo(i * 34 + 44, 90, i * 34 - 40, 170, i * 34 + 20, 256);
      brush.stroke();
    }
  },
};

function paint(brush, color, rectangle) {
  brush.fillStyle = color;
  brush.fillRect(...rectangle);
}

function circle(x, y, radius) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 7);
  return path;
}

function disc(brush, color, place) {
  brush.fillStyle = color;
  brush.fill(circle(...place));
}

/** A view of an input, and ways to fill it: a file, the camera, samples. */
function addPanel(model, name, normalise) {
  const panel = add(document.querySelector('form'), 'fieldset');
  if (Object.keys(pictures).length > 1) add(panel, 'h2', { textContent: name });
  const view = add(panel, 'canvas', { className: 'view', width: 448, height: 448 });
  const ways = add(panel, 'div', { className: 'ways' });
  let camera;
  const stop = () => {
    for (const track of camera?.getTracks() ?? []) track.stop();
    camera = undefined;
    film.textContent = 'Camera';
  };
  const take = async (source, width, height) => {
    const side = Math.min(width, height);
    view.getContext('2d').drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, 448, 448);
    inputs.set(name, picture(source, normalise));
    await run(model);
  };
  const label = add(ways, 'label', { textContent: 'Picture' });
  const field = add(label, 'input', { type: 'file', accept: 'image/*', ariaLabel: \`picture for \${name}\` });
  field.addEventListener('change', () => orSay(async () => {
    if (!field.files.length) return;
    stop();
    const bitmap = await createImageBitmap(field.files[0]);
    await take(bitmap, bitmap.width, bitmap.height);
  }));
  const film = add(ways, 'button', { type: 'button', textContent: 'Camera' });
  film.addEventListener('click', () => orSay(async () => {
    if (camera) return stop();
    if (!navigator.mediaDevices) throw new Error('there is no camera here: it needs a page from https or localhost');
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    film.textContent = 'Stop';
    const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true, srcObject: camera });
    await video.play();
    for (const mine = camera; camera === mine; await new Promise(requestAnimationFrame))
      await take(video, video.videoWidth, video.videoHeight);
  }));
  for (const [what, draw] of Object.entries(samples)) {
    const button = add(ways, 'button', { type: 'button', className: 'sample', title: what, ariaLabel: what });
    const sample = add(button, 'canvas', { width: 256, height: 256 });
    draw(sample.getContext('2d', { willReadFrequently: true }));
    button.addEventListener('click', () => orSay(async () => {
      stop();
      await take(sample, 256, 256);
    }));
  }
  return ways.querySelector('.sample');
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
  const [first] = Object.entries(pictures).map(([name, normalise]) => addPanel(model, name, normalise));
  first?.click();
});
`;

/** A property name, quoted even if an object literal would take it for its prototype. */
const key = (name: string): string => `[${JSON.stringify(name)}]`;
