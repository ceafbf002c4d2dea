import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileOnnx } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { build } from 'vite';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build/vite-plugin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = `graph @net(%x: f32[1,3,32,32])
  const %w: f32[64,3,3,3] = random(1)
  %y = conv2d %x, %w {pads=[1, 1, 1, 1]}
  return %y`;

test('a page imports a model, and Vite gives the weights a file of their own', async () => {
  const { bundleForNode } = await import(pathToFileURL(join(root, 'tools/build/bundle-for-node.mjs')).href);
  await bundleForNode(join(import.meta.dirname, 'vite.ts'), join(folder, 'plugin/vite.mjs'));
  const { ghostc } = await import(pathToFileURL(join(folder, 'plugin/vite.mjs')).href);
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const [, config, main = ''] = /```js\n([\s\S]*?)\/\/ main.js\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(config).toContain('plugins: [ghostc()]');
  writeFileSync(join(folder, 'net.onnx'), compileOnnx(parseGraph(model, { registry })));
  writeFileSync(join(folder, 'index.html'), '<script type="module" src="./main.js"></script>');
  writeFileSync(join(folder, 'main.js'), main);
  await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [ghostc()],
    build: { target: 'es2022' },
  });
  const assets = readdirSync(join(folder, 'dist/assets'));
  const script = readFileSync(
    join(folder, 'dist/assets', assets.find((name) => name.endsWith('.js'))!),
    'utf8',
  );
  expect(assets.some((name) => /^net\.weights-.*\.bin$/.test(name))).toBe(true);
  expect(script).toContain('@compute');
});
