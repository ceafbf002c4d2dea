import { type Tensor, toNumbers } from '@ghostc/ir';
import type { WgslProgram } from '@ghostc/wgsl-runtime';

/** What a page needs to show whether a WGSL program gives the expected numbers on the reader's own GPU. */
export interface PageContent {
  readonly title: string;
  readonly program: WgslProgram<Uint8Array>;
  /** The WGSL runtime as one ES module. */
  readonly runtime: string;
  /** In the order of the program. */
  readonly inputs: readonly Tensor[];
  readonly expected: readonly Tensor[];
  /** What rounding explains, element by element of each output. */
  readonly allowed: readonly Float64Array[];
}

/** A page in one file that opens from the file system: runs the program and compares element by element. */
export function reproductionPage({ title, program, runtime, ...tensors }: PageContent): string {
  const { manifest } = program;
  const data = {
    title,
    runtime,
    manifest,
    weights: base64(program.weights),
    inputs: tensors.inputs.map(doubles),
    expected: tensors.expected.map(doubles),
    allowed: tensors.allowed.map((bounds) => base64(bytesOf(bounds))),
  };
  return `<!doctype html>
<meta charset="utf-8">
<title>ghostc bisect</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
  table { border-collapse: collapse; } td, th { padding: 0 1.5rem 0 0; text-align: right; font-variant-numeric: tabular-nums; }
  .beyond { color: #b00; font-weight: bold; } pre { background: #f4f4f4; overflow: auto; padding: 1rem; }
</style>
<h1></h1>
<p id="status">running</p>
<main></main>
<script id="data" type="application/json">${inScript(data)}</script>
<script type="module">${script}</script>
`;
}

/** Runs in the page. Names and sources reach the document as text only. */
const script = `
const data = JSON.parse(document.querySelector('#data').textContent);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const numbers = (text) => new Float64Array(bytes(text).buffer);
const arrays = { f32: Float32Array, i32: Int32Array, i8: Int8Array, u8: Uint8Array };
/** Rows of a table beyond this many are left out. */
const ROWS = 4096;

function element(tag, text, parent, className = '') {
  return parent.appendChild(Object.assign(document.createElement(tag), { textContent: text, className }));
}

function table(heads, rows) {
  const body = element('table', '', document.querySelector('main'));
  const head = element('tr', '', body);
  for (const text of heads) element('th', text, head);
  for (const { cells, beyond } of rows.slice(0, ROWS)) {
    const row = element('tr', '', body, beyond ? 'beyond' : '');
    for (const text of cells) element('td', String(text), row);
  }
  if (rows.length > ROWS) element('p', rows.length - ROWS + ' more', document.querySelector('main'));
}

/** Place of a flat index in a row-major shape. */
function place(index, shape) {
  const at = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at.unshift(index % shape[axis]);
    index = Math.floor(index / shape[axis]);
  }
  return '[' + at + ']';
}

function compare({ name, shape }, k, found) {
  const [expected, allowed] = [numbers(data.expected[k]), numbers(data.allowed[k])];
  const rows = [...expected].map((want, i) => {
    const error = Object.is(want, found[i]) || want === found[i] ? 0 : Math.abs(want - found[i]);
    return { cells: [place(i, shape), want, found[i], error, allowed[i]], beyond: !(error <= allowed[i]) };
  });
  element('h2', 'output ' + name, document.querySelector('main'));
  table(['element', 'expected', 'found', '|difference|', 'explained by rounding'], rows);
  return { name, elements: rows.length, differ: rows.filter(({ beyond }) => beyond).length };
}

function show() {
  const main = document.querySelector('main');
  data.manifest.inputs.forEach(({ name, shape }, k) => {
    element('h2', 'input ' + name, main);
    table(['element', 'value'], [...numbers(data.inputs[k])].map((v, i) => ({ cells: [place(i, shape), v] })));
  });
  for (const [name, source] of Object.entries(data.manifest.modules)) {
    const dispatches = data.manifest.dispatches.filter(({ module }) => module === name);
    element('h2', 'shader ' + name, main);
    element('pre', source, main);
    element('pre', JSON.stringify(dispatches, null, 1), main);
  }
}

async function run() {
  const url = URL.createObjectURL(new Blob([data.runtime], { type: 'text/javascript' }));
  const { createSession, requestDevice } = await import(url);
  const program = { manifest: data.manifest, weights: bytes(data.weights) };
  const session = await createSession(() => requestDevice(data.manifest), program);
  const inputs = data.manifest.inputs.map(({ name, dtype }, k) => [name, arrays[dtype].from(numbers(data.inputs[k]))]);
  const outputs = await session.run(Object.fromEntries(inputs));
  return data.manifest.outputs.map((output, k) => compare(output, k, outputs[output.name]));
}

document.querySelector('h1').textContent = data.title;
const status = document.querySelector('#status');
try {
  const result = await run();
  status.textContent = result
    .map(({ name, elements, differ }) => name + ': ' + differ + ' of ' + elements + ' elements differ')
    .join('; ');
  globalThis.result = result;
} catch (error) {
  status.textContent = String(error);
  globalThis.result = { error: String(error) };
}
show();
`;

/** JSON that no parser of HTML takes for the end of the script. */
function inScript(data: object): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function doubles(tensor: Tensor): string {
  return base64(bytesOf(Float64Array.from(toNumbers(tensor), Number)));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
