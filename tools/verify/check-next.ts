import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileFiles } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { bundleForWeb, openBrowser, wasmModule } from '@ghostc/runtimes';

/**
 * `npm run check:next`: a package of `--target web` in a static export of Next, by Turbopack and by webpack, in headless
 * Chromium: on both backends, and in a module worker. Next is installed into ghostc-next of the folder for
 * temporary files at the first run (350 MB).
 */
const root = join(import.meta.dirname, '../..');
const folder = join(tmpdir(), 'ghostc-next');

const text = 'graph @net(%a: f32[1,4])\nconst %b: f32[1,4] = [1, 2, 3, 4]\n%y = add %a, %b\nreturn %y';
const expected = '["wasm 10,2,3,4","webgpu 10,2,3,4","wasm 10,2,3,4"]';

const project = {
  'package.json': '{ "private": true }',
  'next.config.mjs': "export default { output: 'export', turbopack: { root: import.meta.dirname } };\n",
  'app/layout.js': `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
  'app/page.js': `'use client';
import { useEffect, useState } from 'react';
import { answer } from '../net/answer.js';

const inWorker = () => new Promise((resolve, reject) => {
  const worker = new Worker(new URL('../net/worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
});
const all = async () => JSON.stringify([await answer(), await answer({ backend: 'webgpu' }), await inWorker()]);

export default function Page() {
  const [text, setText] = useState('');
  useEffect(() => { all().then(setText, (error) => setText(error.message)); }, []);
  return <p>{text}</p>;
}
`,
  'net/answer.js': `import { load } from './net.js';

export async function answer(options) {
  const model = await load(options);
  const { y } = await model.run({ a: new Float32Array([9, 0, 0, 0]) });
  return model.backend.name + ' ' + y;
}
`,
  'net/worker.js': "import { answer } from './answer.js';\n\nanswer().then(postMessage);\n",
};

for (const part of ['app', 'net']) mkdirSync(join(folder, part), { recursive: true });
const bundle = join(root, 'packages/wgsl-runtime/src/bundles/web.ts');
const options = { name: 'net', runtime: await bundleForWeb(bundle), buildWasm: wasmModule };
const compiled = compileFiles(parseGraph(text, { registry }), 'web', options);
for (const [name, content] of compiled) writeFileSync(join(folder, 'net', name), content);
for (const [name, content] of Object.entries(project)) writeFileSync(join(folder, name), content);
if (!existsSync(join(folder, 'node_modules/next')))
  run('npm', ['install', '--no-audit', '--no-fund', '--no-save', 'next@16', 'react@19', 'react-dom@19']);

for (const bundler of ['turbopack', 'webpack']) {
  for (const made of ['.next', 'out']) rmSync(join(folder, made), { recursive: true, force: true });
  run(process.execPath, ['node_modules/next/dist/bin/next', 'build', `--${bundler}`]);
  const found = await shown();
  console.log(`${bundler}: ${found}`);
  if (found !== expected) process.exitCode = 1;
}

/** What the exported page contains. */
async function shown(): Promise<string> {
  const file = (path: string): string => join(folder, 'out', decodeURIComponent(path));
  const isFile = (path: string): boolean => !!statSync(path, { throwIfNoEntry: false })?.isFile();
  const route = (path: string) => (isFile(file(path)) ? readFileSync(file(path)) : undefined);
  const { page, close } = await openBrowser(route, '/index.html');
  try {
    return String(await page.locator('p', { hasText: /./ }).textContent({ timeout: 60_000 }));
  } finally {
    await close();
  }
}

function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
}
