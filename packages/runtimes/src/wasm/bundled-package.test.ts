import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { compileFiles } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { bundleForWeb } from '../wgsl/bundle-for-web.ts';
import { wasmModule, wasmTools } from './wasm-module.ts';

const text = 'graph @net(%a: f32[1,4])\nconst %b: f32[1,4] = [1, 2, 3, 4]\n%y = add %a, %b\nreturn %y';

/** What a page has of its own. */
const app = `import { load, topK } from './net.js';
export async function answer(options) {
  const model = await load(options);
  const { y } = await model.run({ a: new Float32Array([9, 0, 0, 0]) });
  return [model.backend.name, topK(y, 2, ['cat', 'dog'])];
}
`;
const right = [
  'wasm',
  [
    { index: 0, value: 10, label: 'cat' },
    { index: 3, value: 4, label: undefined },
  ],
];

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
const read = (name: string): string => join(folder.path, name);
beforeAll(async () => {
  folder = await makeTempFolder();
  if (!wasmTools.every((tool) => tool.found())) return;
  const runtime = await bundleForWeb(join(import.meta.dirname, '../../../wgsl-runtime/src/bundles/web.ts'));
  const options = { name: 'net', runtime, buildWasm: wasmModule };
  for (const [name, content] of compileFiles(parseGraph(text, { registry }), 'web', options))
    writeFileSync(read(name), content);
  writeFileSync(read('app.js'), app);
});
afterAll(() => folder.remove());
beforeEach((context) => skipWithout(wasmTools, 'wasm', context));

test('as it is, and bundled as an ES module beside its files', async () => {
  await build({ entryPoints: [read('app.js')], bundle: true, format: 'esm', outfile: read('out.mjs') });
  for (const file of ['app.js', 'out.mjs']) {
    const { answer } = await import(/* @vite-ignore */ pathToFileURL(read(file)).href);
    expect(await answer(), file).toEqual(right);
  }
});

test('bundled as a classic script, which has to be told where its files are', async () => {
  const { outputFiles } = await build({
    entryPoints: [read('app.js')],
    bundle: true,
    write: false,
    logLevel: 'error',
    format: 'iife',
    globalName: 'app',
  });
  const script = `${outputFiles[0]?.text}; app.answer`;
  const answer = runInNewContext(script, { ...globalThis, WebAssembly, performance, URL, Response, fetch });
  await expect(answer({})).rejects.toThrow(
    'a script that is no module does not know where its files are; expected load({',
  );
  const bytes = async (name: string) => new Uint8Array(await readFile(read(name)));
  const given = { code: await bytes('net.wasm'), weights: { wasm: await bytes('net.wasm.weights.bin') } };
  expect(JSON.parse(JSON.stringify(await answer(given)))).toEqual(JSON.parse(JSON.stringify(right)));
});

test('bundled by Vite, which moves the files', async () => {
  const vite = await import('vite');
  await vite.build({
    root: folder.path,
    base: './',
    logLevel: 'error',
    build: {
      assetsInlineLimit: 0,
      modulePreload: false,
      outDir: read('dist'),
      rollupOptions: {
        input: read('app.js'),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'app.mjs' },
      },
    },
  });
  const { answer } = await import(/* @vite-ignore */ pathToFileURL(read('dist/app.mjs')).href);
  expect(await answer()).toEqual(right);
});
