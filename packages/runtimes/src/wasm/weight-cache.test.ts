import { join } from 'node:path';
import { compileFiles } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { browserTools, openBrowser } from '../wgsl/browser.ts';
import { bundleForWeb } from '../wgsl/bundle-for-web.ts';
import { wasmModule, wasmTools } from './wasm-module.ts';

/** One package a version, all with the same names of files. */
async function packages(): Promise<ReadonlyMap<string, string | Uint8Array>[]> {
  const runtime = await bundleForWeb(join(import.meta.dirname, '../../../wgsl-runtime/src/bundles/web.ts'));
  return [1, 2].map((value) => {
    const text = `graph @net(%a: f32[1,4])\nconst %b: f32[1,4] = [${value}, 2, 3, 4]\n%y = add %a, %b\nreturn %y`;
    return compileFiles(parseGraph(text, { registry }), 'web', {
      name: 'net',
      runtime,
      buildWasm: wasmModule,
    });
  });
}

/** In the page: what a run gives, and when the cache has settled, what is in it. */
const script = `globalThis.answer = async (version, backend) => {
  const { load } = await import('/' + version + '/net.js');
  const at = (name) => new URL('/weights/' + name + '?of=net', location.href);
  const weights = { wasm: at('net.wasm.weights.bin'), webgpu: at('net.weights.bin') };
  const bytes = [];
  const onDownload = (done, total) => bytes.push(done, total);
  const model = await load({ backend, weights, cache: 'models', onDownload });
  const { y } = await model.run({ a: new Float32Array(4) });
  model.dispose();
  return [y[0], ...bytes];
};
globalThis.kept = async (count) => {
  const cache = await caches.open('models');
  for (let i = 0; i < 500 && (await cache.keys()).length !== count; i++) await new Promise((done) => setTimeout(done, 10));
  return (await cache.keys()).map(({ url }) => url.split('/weights/')[1].split('-')[0]);
};`;

test('weights are kept by hash: loaded once, anew when they change, and not when they are damaged', async (context) => {
  skipWithout([...browserTools, ...wasmTools], 'a page', context);
  const versions = await packages();
  const asked: string[] = [];
  let [current, damaged] = [0, false];
  const route = (path: string) => {
    if (path === '/index.html') return `<!doctype html><script>${script}</script>`;
    const [, folder = '', name = ''] = path.split('/');
    if (folder !== 'weights') return versions[Number(folder)]?.get(name);
    asked.push(name);
    const bytes = versions[current]?.get(name) as Uint8Array;
    return damaged ? bytes.map((byte) => byte ^ 1) : bytes;
  };
  const { page, close } = await openBrowser(route, '/index.html');
  const answer = (backend: string) =>
    page.evaluate(`answer(${current}, '${backend}').catch((error) => error.message)`);
  const kept = (count: number) => page.evaluate(`kept(${count})`);
  try {
    damaged = true;
    expect(await answer('wasm')).toMatch(/^net: the weights are damaged or another program's: /);
    damaged = false;
    expect(await answer('wasm')).toEqual([1, 16, 16]);
    expect(await kept(1)).toEqual(['net.wasm.weights.bin?of=net&ghostc=16']);
    expect(await answer('wasm')).toEqual([1, 16, 16]);
    expect(await answer('webgpu')).toEqual([1, 16, 16]);
    expect(await kept(2)).toEqual([
      'net.wasm.weights.bin?of=net&ghostc=16',
      'net.weights.bin?of=net&ghostc=16',
    ]);
    expect(asked).toEqual(['net.wasm.weights.bin', 'net.wasm.weights.bin', 'net.weights.bin']);
    current = 1;
    expect(await answer('wasm')).toEqual([2, 16, 16]);
    expect(await kept(2)).toHaveLength(2);
    await page.waitForTimeout(50);
    expect(await answer('wasm')).toEqual([2, 16, 16]);
    expect(asked).toHaveLength(4);
  } finally {
    await close();
  }
});
