import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFiles } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { tool } from '../process/tool-table.ts';
import { bundlers } from '../testing/bundlers.ts';
import { type BrowserPage, browserTools, openBrowser } from '../wgsl/browser.ts';
import { bundleForWeb } from '../wgsl/bundle-for-web.ts';
import { denoCommand } from '../wgsl/engines.ts';
import { wasmModule, wasmTools } from './wasm-module.ts';

const text = 'graph @net(%a: f32[1,4])\nconst %b: f32[1,4] = [1, 2, 3, 4]\n%y = add %a, %b\nreturn %y';

/** What a web developer writes around the package. */
const project = {
  'app.js': `import { load, topK } from './net.js';
export async function answer(options) {
  const model = await load(options);
  const { y } = await model.run({ a: new Float32Array([9, 0, 0, 0]) });
  model.dispose();
  return [model.backend.name, topK(y, 2, ['cat', 'dog']).map(({ label, value }) => label + ' ' + value)];
}
`,
  'worker.js': `import { answer } from './app.js';
answer().then(postMessage);
`,
  'page.js': `import { answer } from './app.js';
const inWorker = () => new Promise((resolve, reject) => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
});
const all = async () => [await answer(), await answer({ backend: 'webgpu' }), await inWorker()];
globalThis.result = all().catch((error) => error.message);
`,
  'classic.js': `import { answer } from './app.js';
const at = (name) => new URL('./files/' + name, document.baseURI);
const weights = { wasm: at('net.wasm.weights.bin'), webgpu: at('net.weights.bin') };
const given = (backend) => answer({ backend, code: at('net.wasm'), weights });
const message = (backend) => answer({ backend }).catch((error) => error.message);
const misuse = (weights) => answer({ weights }).catch((error) => error.message);
globalThis.result = Promise.all([
  given('wasm'), given('webgpu'), message('wasm'), message('webgpu'), misuse('net.bin'), misuse({ wgsl: 'net.bin' }),
]);
`,
  'importing.html': `<!doctype html><script>
globalThis.result = import('./app.js').then(async ({ answer }) => [await answer(), await answer({ backend: 'webgpu' })]);
</script>`,
};
const top = ['cat 10', 'undefined 4'];
const [wasm, webgpu] = [
  ['wasm', top],
  ['webgpu', top],
];

const tools = [...wasmTools, ...browserTools];
let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let browser: BrowserPage | undefined;
const at = (name: string): string => join(folder.path, name);
beforeAll(async () => {
  folder = await makeTempFolder();
  if (!tools.every((one) => one.found())) return;
  const runtime = await bundleForWeb(join(import.meta.dirname, '../../../wgsl-runtime/src/bundles/web.ts'));
  const options = { name: 'net', runtime, buildWasm: wasmModule };
  const compiled = compileFiles(parseGraph(text, { registry }), 'web', options);
  for (const [name, content] of [...compiled, ...Object.entries(project)]) writeFileSync(at(name), content);
  const route = (path: string) => {
    const file = at(decodeURIComponent(path));
    return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined;
  };
  browser = await openBrowser(route, '/importing.html');
});
afterAll(async () => {
  await browser?.close();
  await folder.remove();
});
beforeEach((context) => skipWithout(tools, 'a page', context));

/** What a page of the folder answers. */
async function resultOf(path: string): Promise<unknown> {
  const { page, origin } = browser as BrowserPage;
  await page.goto(`${origin}/${path}`);
  return page.evaluate('globalThis.result');
}

function writePage(path: string, script: string): void {
  mkdirSync(at(join(path, '..')), { recursive: true });
  writeFileSync(at(path), `<!doctype html><script ${script}></script>`);
}

test('a page, a script that is no module, and a module worker take it as it is', async () => {
  writePage('plain.html', 'type="module" src="page.js"');
  expect(await resultOf('plain.html')).toEqual([wasm, webgpu, wasm]);
  expect(await resultOf('importing.html')).toEqual([wasm, webgpu]);
});

test.each(Object.keys(bundlers))('%s bundles it', async (name) => {
  await bundlers[name]?.({ folder: folder.path, out: at(name) });
  writePage(`${name}/index.html`, `${name === 'webpack' ? '' : 'type="module"'} src="page.js"`);
  expect(await resultOf(`${name}/index.html`)).toEqual([wasm, webgpu, wasm]);
});

test('bundled as a classic script it has to be told where its files are', async () => {
  const [entryPoints, outfile] = [[at('classic.js')], at('classic/page.js')];
  await build({ entryPoints, outfile, bundle: true, format: 'iife', logLevel: 'silent' });
  mkdirSync(at('classic/files'));
  for (const name of ['net.wasm', 'net.wasm.weights.bin', 'net.weights.bin'])
    writeFileSync(at(`classic/files/${name}`), readFileSync(at(name)));
  writePage('classic/index.html', 'src="page.js"');
  const missing = (option: string): string =>
    `a script that is no module does not know where its files are; expected load({ ${option} }), a URL or bytes`;
  expect(await resultOf('classic/index.html')).toEqual([
    wasm,
    webgpu,
    missing('weights: { wasm }'),
    missing('weights: { webgpu }'),
    'expected weights as { webgpu, wasm }, found string',
    'expected weights as { webgpu, wasm }, found wgsl',
  ]);
});

test('Node takes it as it is, and bundled beside its files', async () => {
  await build({ entryPoints: [at('app.js')], bundle: true, format: 'esm', outfile: at('out.mjs') });
  for (const file of ['app.js', 'out.mjs']) {
    const { answer } = await import(/* @vite-ignore */ pathToFileURL(at(file)).href);
    expect(await answer(), file).toEqual(wasm);
  }
});

test('Deno takes it as it is', async (context) => {
  skipWithout([tool('deno')], 'deno', context);
  writeFileSync(
    at('deno.mjs'),
    "import { answer } from './app.js';\nconsole.log(JSON.stringify(await answer()));\n",
  );
  const flags = ['--no-config', '--no-lock', '--allow-read'];
  const said = await runProcess(denoCommand(), ['run', ...flags, at('deno.mjs')], {
    cwd: folder.path,
    timeout: 60,
  });
  expect(JSON.parse(said)).toEqual(wasm);
});
