import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileOnnx } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { skipWithout, wasmTools } from '@ghostc/runtimes';
import { build, type Plugin } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build/vite-plugin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = `graph @net(%x: f32[1,3,32,32])
  const %w: f32[64,3,3,3] = random(1)
  %y = conv2d %x, %w {pads=[1, 1, 1, 1]}
  return %y`;

let plugin: (options?: object) => Plugin;
beforeAll(async () => {
  const { bundleForNode } = await import(pathToFileURL(join(root, 'tools/build/bundle-for-node.mjs')).href);
  await bundleForNode(join(import.meta.dirname, 'vite.ts'), join(folder, 'plugin/vite.mjs'));
  plugin = (await import(pathToFileURL(join(folder, 'plugin/vite.mjs')).href)).ghostc;
});

/** The files of the assets that Vite makes of a page with this script. */
async function built(main: string, options?: object): Promise<ReadonlyMap<string, string>> {
  writeFileSync(join(folder, 'index.html'), '<script type="module" src="./main.js"></script>');
  writeFileSync(join(folder, 'main.js'), main);
  const plugins = [plugin(options)];
  await build({ root: folder, configFile: false, logLevel: 'silent', plugins, build: { target: 'es2022' } });
  const assets = join(folder, 'dist/assets');
  return new Map(readdirSync(assets).map((name) => [name, readFileSync(join(assets, name), 'utf8')]));
}

test('a page imports a model, and Vite gives the weights a file of their own', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const [, config, main = ''] = /```js\n([\s\S]*?)\/\/ main.js\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(config).toContain('plugins: [ghostc()]');
  writeFileSync(join(folder, 'net.onnx'), compileOnnx(parseGraph(model, { registry })));
  const assets = await built(main);
  expect([...assets.keys()].some((name) => /^net\.weights-.*\.bin$/.test(name))).toBe(true);
  expect([...assets.values()].some((text) => text.includes('@compute'))).toBe(true);
});

test('the import gives sizes, and the model is WebAssembly where there is no GPU', async (context) => {
  skipWithout(wasmTools, 'the WebAssembly of a model', context);
  const open = model.replace('f32[1,', 'f32[batch,');
  writeFileSync(join(folder, 'open.onnx'), compileOnnx(parseGraph(open, { registry })));
  const assets = await built("import { load } from './open.onnx?batch=2&ghostc';\nload();\n", {
    target: 'web',
  });
  const names = [...assets.keys()].join(' ');
  expect(names).toMatch(/open\.wasm-.*open\.webgpu-/);
  expect(names).toMatch(/open\.weights-.*\.bin/);
  expect([...assets.values()].join('')).toContain('[2,3,32,32]');
  await expect(built("import './open.onnx?ghostc';\n")).rejects.toThrow(
    'expected a size for every dimension',
  );
});
