import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileFiles, type OutputFiles } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { wasmModule, wasmTools } from '../wasm/wasm-module.ts';
import { browserTools, openBrowser } from './browser.ts';
import { bundleForWeb } from './bundle-for-web.ts';

const policyOf = (scripts: string) => ({
  'content-security-policy': `default-src 'self'; script-src ${scripts}`,
});
const policy = policyOf("'self'");
const shots = process.env.GHOSTC_SCREENSHOTS ?? join(tmpdir(), 'ghostc-screenshots');

/** Two pictures, one of one channel; and an input of bytes, an output of bytes. */
const siamese = `graph @siamese(%a: f32[1,1,8,8], %b: f32[1,3,4,6], %k: i8[5,2] quant(0.5:0))
%ya = relu %a
%yb = relu %b
%yk = transpose %k {perm=[1,0]}
return %ya, %yb, %yk`;

async function packageFor(target: 'wgsl' | 'web'): Promise<OutputFiles> {
  const bundles = join(import.meta.dirname, '../../../wgsl-runtime/src/bundles');
  const runtime = await bundleForWeb(join(bundles, `${target}.ts`));
  const options = { name: 'net', runtime, buildWasm: wasmModule };
  return compileFiles(parseGraph(siamese, { registry }), target, options);
}

let files: OutputFiles;
beforeAll(async () => {
  files = await packageFor('wgsl');
  mkdirSync(shots, { recursive: true });
});
beforeEach((context) => skipWithout(browserTools, 'a page', context));

/** Runs in the page: two pictures in one run are each one's own, in any size, also in a batch; misuse is named. */
const twoPictures = `
import { load, manifest, picture } from './net.js';
const plain = { mean: [0], std: [1], fit: 'stretch' };
const image = (width, height, rgb) => {
  const data = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) data.data.set([...rgb, 255], i * 4);
  return data;
};
const message = async (task) => { try { await task(); return 'none'; } catch (error) { return error.message; } };
const ends = (values) => [values[0], values[values.length - 1]].map((v) => Math.round(v * 255));
try {
  const model = await load();
  const k = new Int8Array(10);
  const given = (a, b) => ({ a: picture(a, plain), b: picture(b, plain), k });
  const one = (a, b) => given(image(a[0], a[1], [a[2], a[2], a[2]]), image(b[0], b[1], b[2]));
  const seen = ({ ya, yb }) => [ya, yb].map(ends);
  const single = seen(await model.run(one([8, 8, 51], [6, 4, [10, 20, 30]])));
  const sizes = seen(await model.run(one([16, 9, 102], [33, 7, [40, 50, 60]])));
  const batch = (await model.runBatch([
    one([8, 8, 1], [8, 8, [2, 2, 3]]), one([5, 8, 4], [8, 9, [5, 5, 6]]),
  ])).map(seen);
  const changing = image(8, 8, [77, 77, 77]);
  const runs = [];
  for (let i = 0; i < 4; i++) {
    changing.data.fill(100 + i);
    runs.push(model.run(given(changing, changing)));
  }
  changing.data.fill(0);
  const snapshots = (await Promise.all(runs)).map(({ ya }) => ends(ya)[0]);
  const bitmap = await createImageBitmap(image(8, 8, [1, 1, 1]));
  bitmap.close();
  const b = new Float32Array(72);
  const run = (a, options = plain) => message(() => model.run({ a: picture(a, options), b, k }));
  const wrong = [
    await run('cat.png'), await run(null), await run(bitmap), await run(new Image()),
    await run(document.createElement('video')), await run(changing, { mean: [0, 0, 0], std: [1] }),
    await run(changing, {}), await run(changing, { mean: [0], std: [0] }),
    await run(changing, { ...plain, fit: 'contain' }),
    await message(() => model.run({ a: picture(changing, plain), b, k: picture(changing, plain) })),
  ];
  const after = seen(await model.run(one([8, 8, 51], [6, 4, [10, 20, 30]])));
  globalThis.result = { single, sizes, batch, snapshots, wrong, after };
} catch (error) { globalThis.result = { error: String(error.stack) }; }
`;

/** On the web target the software adapter makes it WebAssembly. */
test.for(['wgsl', 'web'] as const)('two pictures of one run are two: %s', async (target, context) => {
  if (target === 'web') skipWithout(wasmTools, 'wasm', context);
  const files = await packageFor(target);
  const page = '<!doctype html><script type="module" src="/two.js"></script>';
  const extra: Record<string, string> = { '/two.html': page, '/two.js': twoPictures };
  const route = (path: string) => extra[path] ?? files.get(path.slice(1));
  const browser = await openBrowser(route, '/two.html');
  try {
    await browser.page.waitForFunction('globalThis.result');
    const red = [10, 30];
    expect(await browser.page.evaluate('globalThis.result')).toEqual({
      single: [[51, 51], red],
      sizes: [
        [102, 102],
        [40, 60],
      ],
      batch: [
        [
          [1, 1],
          [2, 3],
        ],
        [
          [4, 4],
          [5, 6],
        ],
      ],
      snapshots: [100, 101, 102, 103],
      wrong: [
        'input a: expected a picture, found string',
        'input a: expected a picture, found null',
        'input a: the ImageBitmap has no pixels: not loaded yet, or closed',
        'input a: the HTMLImageElement has no pixels: not loaded yet, or closed',
        'input a: the HTMLVideoElement has no pixels: not loaded yet, or closed',
        'input a: expected mean and std of 1 or 1 values, found 3',
        'picture: expected mean as an array of numbers, found undefined',
        'picture: std has a zero',
        'picture: expected fit as cover or stretch, found contain',
        'input k: a picture needs f32, i8 or u8 [1,C,H,W] or [1,H,W,C] with C 1 or 3, found i8[5,2]',
      ],
      after: [[51, 51], red],
    });
  } finally {
    await browser.close();
  }
});

test('the example runs under a content security policy, with any dtype', async () => {
  const route = (path: string) => (path === '/favicon.ico' ? '' : files.get(path.slice(1)));
  const { page, close } = await openBrowser(route, '/net.html', [], policy);
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', ({ message }) => errors.push(message));
  try {
    await page.waitForSelector('fieldset + fieldset');
    expect(await page.locator('main h2').allTextContents()).toEqual([
      'ya: f32[1,1,8,8]',
      'yb: f32[1,3,4,6]',
      'yk: i8[2,5]',
    ]);
    const bytes = await page.evaluate(`new Promise((resolve) => {
      const canvas = document.createElement('canvas');
      const brush = canvas.getContext('2d');
      brush.fillStyle = 'white';
      brush.fillRect(0, 0, 300, 150);
      resolve(canvas.toDataURL().split(',')[1]);
    })`);
    const white = { name: 'white.png', mimeType: 'image/png', buffer: Buffer.from(String(bytes), 'base64') };
    await page.locator('input').first().setInputFiles(white);
    await page
      .locator('td', { hasText: /^1.0000$/ })
      .first()
      .waitFor(); // no mean of ImageNet
    await page.screenshot({ path: join(shots, 'example-two-pictures.png') });
    expect(errors).toEqual([]);
    const broken = { ...white, buffer: Buffer.from('no picture') };
    await page.locator('input').first().setInputFiles(broken);
    await page.locator('#status', { hasText: 'could not be decoded' }).waitFor();
  } finally {
    await close();
  }
});

test.each([
  ['an adapter', 'navigator.gpu.requestAdapter = async () => null', /^WebGPU has no adapter here/],
  ['WebGPU', 'delete Navigator.prototype.gpu', /^there is no WebGPU here/],
  ['weights', '', /net.weights.bin: expected weights, found a page \(text\/html\)/],
])('without %s the example says so', async (what, script, message) => {
  const route = (path: string) => files.get(path.slice(1));
  const { page, origin, close } = await openBrowser(route, '/net.wgsl.json');
  try {
    await page.addInitScript(script);
    if (what === 'weights')
      await page.route('**/*.bin', (one) => one.fulfill({ contentType: 'text/html', body: '<html>' }));
    await page.goto(`${origin}/net.html`);
    await page.waitForFunction(
      "!/^(waiting|loading|\\d+ of)/.test(document.querySelector('#status').textContent)",
    );
    expect(await page.locator('#status').textContent()).toMatch(message);
    if (what === 'an adapter') await page.screenshot({ path: join(shots, 'example-no-adapter.png') });
  } finally {
    await close();
  }
});

test('without WebGPU, and on a software adapter, the web package is WebAssembly, also in a worker', async (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const both = await packageFor('web');
  const worker = `import { load } from './net.js';
const model = await load({ backend: 'wasm' });
const a = new Float32Array(64).fill(3);
const { ya } = await model.run({ a, b: new Float32Array(72), k: new Int8Array(10) });
postMessage([ya[0], model.backend.reason]);`;
  const route = (path: string) =>
    path === '/worker.js' ? worker : path === '/favicon.ico' ? '' : both.get(path.slice(1));
  const headers = policyOf("'self' 'wasm-unsafe-eval'");
  const camera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  const { page, origin, close } = await openBrowser(route, '/net.html', camera, headers);
  const status = page.locator('#status', { hasText: 'ran in' });
  try {
    await status.waitFor();
    expect(await status.textContent()).toMatch(
      / on wasm \(the adapter of WebGPU is software: google swiftshader/,
    );
    await page.addInitScript('delete Navigator.prototype.gpu');
    await page.setViewportSize({ width: 360, height: 640 });
    await page.goto(`${origin}/net.html`);
    await status.waitFor();
    expect(await status.textContent()).toMatch(/ on wasm \(there is no WebGPU here\)/);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await page.locator('button', { hasText: 'Camera' }).first().click();
    await page.locator('button', { hasText: 'Stop' }).waitFor();
    await page.waitForFunction(`document.querySelector('td + td').textContent > 0`);
    await page.screenshot({ path: join(shots, 'example-web-phone.png'), fullPage: true });
    await page.locator('button', { hasText: 'Stop' }).click();
    await page.locator('button', { hasText: 'Stop' }).waitFor({ state: 'detached' });
    const answer = page.evaluate(`new Promise((resolve, reject) => {
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    })`);
    expect(await answer).toEqual([3, 'it was asked for']);
  } finally {
    await close();
  }
});

test('a policy that forbids WebAssembly is told', async (context) => {
  skipWithout(wasmTools, 'wasm', context);
  const both = await packageFor('web');
  const { page, close } = await openBrowser((path) => both.get(path.slice(1)), '/net.html', [], policy);
  try {
    await page
      .locator('#status', { hasText: "script-src needs 'wasm-unsafe-eval'" })
      .waitFor({ timeout: 60_000 });
  } finally {
    await close();
  }
});
