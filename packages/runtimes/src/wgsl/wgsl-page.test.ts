import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileFiles } from '@ghostc/compiler';
import { readOnnx } from '@ghostc/onnx';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { browserTools, openBrowser, videoFlags } from './browser.ts';
import { bundleForWeb } from './bundle-for-web.ts';

const folder = join(import.meta.dirname, '../../../../test-fixtures/models/ghost_fmnist');
const PIXELS = 28 * 28;
const IMAGES = 40;

/** Shows the images, each with what the emitted module says of it as raw pixels and as a picture. */
const html = `<!doctype html>
<meta charset="utf-8"><title>Fashion-MNIST</title>
<style>
  body { font: 13px system-ui, sans-serif; margin: 24px; }
  main { display: grid; grid-template-columns: repeat(8, 96px); gap: 12px; }
  figure { margin: 0; text-align: center; } canvas { width: 84px; height: 84px; image-rendering: pixelated; }
  .wrong { color: #b00; }
</style>
<h1>Fashion-MNIST on WebGPU</h1><p id="status">loading</p><main></main>
<script>
const failed = ({ reason, message, error }) => { globalThis.result = { error: String((reason ?? error)?.stack ?? message) }; };
addEventListener('error', failed);
addEventListener('unhandledrejection', failed);
</script>
<script type="module">
import { load, manifest, picture } from './ghost_fmnist.js';
const names = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Boot'];
const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const [images, labels] = [await bytes('/images.bin'), await bytes('/labels.bin')];
const status = document.querySelector('#status');
let steps = 0;
const model = await load({ onProgress: () => steps++ });
const input = manifest.inputs[0].name;
const best = (outputs) => { const v = Object.values(outputs)[0]; return v.indexOf(Math.max(...v)); };
const pixels = (i) => images.subarray(i * ${PIXELS}, (i + 1) * ${PIXELS});
const floats = (i) => Float32Array.from(pixels(i), (u8) => (u8 / 255 - 0.286) / 0.353);
const rgba = (i) => {
  const data = new ImageData(28, 28);
  pixels(i).forEach((v, p) => data.data.set([v, v, v, 255], p * 4));
  return data;
};
const batch = (await model.runBatch([...labels.keys()].map((i) => ({ [input]: floats(i) })))).map(best);
const normalise = { mean: [0.286], std: [0.353] };
const pictures = [], bitmaps = [];
for (const i of labels.keys()) pictures.push(best(await model.run({ [input]: picture(rgba(i), normalise) })));
// four times as large: the GPU scales it down again
for (const i of [0, 1, 2]) {
  const image = await createImageBitmap(rgba(i), { resizeWidth: 112, resizeHeight: 112, resizeQuality: 'pixelated' });
  bitmaps.push(best(await model.run({ [input]: picture(image, normalise) })));
}
// the same as frames of a video, read where they lie: made from a canvas, and from one that a <video> plays
const large = Object.assign(document.createElement('canvas'), { width: 112, height: 112 });
const brush = large.getContext('2d', { willReadFrequently: true });
const draw = async (i) => {
  const image = await createImageBitmap(rgba(i), { resizeWidth: 112, resizeHeight: 112, resizeQuality: 'pixelated' });
  brush.drawImage(image, 0, 0);
};
const frames = [], videos = [];
const device = GPUDevice.prototype;
let imported = 0;
const importOne = device.importExternalTexture;
device.importExternalTexture = function (options) { imported++; return importOne.call(this, options); };
for (const i of [0, 1, 2]) {
  await draw(i);
  const frame = new VideoFrame(large, { timestamp: i });
  frames.push(best(await model.run({ [input]: picture(frame, normalise) })));
  frame.close();
}
const video = Object.assign(document.createElement('video'), { muted: true, srcObject: large.captureStream() });
for (const i of [0, 1, 2]) {
  await draw(i);
  const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  if (i === 0) await video.play();
  await shown;
  videos.push(best(await model.run({ [input]: picture(video, normalise) })));
}
// where the browser imports no frame, and where a picture is larger than a texture
const [canvases, wide] = [[], []];
device.importExternalTexture = () => { throw new Error('no external textures'); };
for (const i of [0, 1, 2]) {
  await draw(i);
  const frame = new VideoFrame(large, { timestamp: i });
  canvases.push(best(await model.run({ [input]: picture(frame, normalise) })));
  frame.close();
  const image = await createImageBitmap(rgba(i), { resizeWidth: 8400, resizeHeight: 28, resizeQuality: 'pixelated' });
  wide.push(best(await model.run({ [input]: picture(image, { ...normalise, fit: 'stretch' }) })));
}
for (const i of labels.keys()) {
  const figure = document.createElement('figure');
  const canvas = Object.assign(document.createElement('canvas'), { width: 28, height: 28 });
  canvas.getContext('2d').putImageData(rgba(i), 0, 0);
  const caption = Object.assign(document.createElement('figcaption'), { textContent: names[batch[i]] });
  if (batch[i] !== labels[i]) caption.className = 'wrong';
  figure.append(canvas, caption);
  document.querySelector('main').append(figure);
}
const right = batch.filter((label, i) => label === labels[i]).length;
status.textContent = right + ' of ' + labels.length + ' right';
globalThis.result = { batch, pictures, bitmaps, frames, videos, canvases, wide, imported, steps };
</script>
`;

test('a page with the emitted module classifies Fashion-MNIST', async (context) => {
  skipWithout(browserTools, 'a page', context);
  const graph = readOnnx(readFileSync(join(folder, 'ghost_fmnist.onnx')), { file: 'ghost_fmnist.onnx' });
  const runtime = await bundleForWeb(join(import.meta.dirname, '../../../wgsl-runtime/src/bundles/wgsl.ts'));
  const files = compileFiles(graph, 'wgsl', { name: 'ghost_fmnist', runtime });
  const bytes = (name: string, count: number) => readFileSync(join(folder, name)).subarray(0, count);
  const extra: Readonly<Record<string, Uint8Array | string>> = {
    '/test.html': html,
    '/images.bin': bytes('test_images_u8_2000x28x28.bin', IMAGES * PIXELS),
    '/labels.bin': bytes('test_labels_u8.bin', IMAGES),
  };
  const route = (path: string) => extra[path] ?? files.get(path.slice(1));
  const { page, close } = await openBrowser(route, '/test.html', videoFlags);
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  try {
    await page.waitForFunction('globalThis.result');
    const found = (await page.evaluate('globalThis.result')) as Record<string, number[]>;
    const expected = pytorchLabels();
    expect(found.error).toBeUndefined();
    expect(found.batch).toEqual(expected);
    expect(found.pictures).toEqual(expected);
    expect(found.bitmaps).toEqual(expected.slice(0, 3));
    expect(found.frames).toEqual(expected.slice(0, 3));
    expect(found.videos).toEqual(expected.slice(0, 3));
    expect(found.canvases).toEqual(expected.slice(0, 3));
    expect(found.wide).toEqual(expected.slice(0, 3));
    expect(found.imported).toBe(6);
    expect(found.steps).toBeGreaterThan(5);
    const shots = process.env.GHOSTC_SCREENSHOTS ?? join(tmpdir(), 'ghostc-screenshots');
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, 'fashion-mnist.png') });
    await page.goto(page.url().replace('test.html', 'ghost_fmnist.html'));
    await page.waitForSelector('td');
    await page.screenshot({ path: join(shots, 'example.png') });
    expect(errors).toEqual([]);
  } finally {
    await close();
  }
});

/** What the exporting framework says of the same images. */
function pytorchLabels(): number[] {
  const bytes = new Uint8Array(readFileSync(join(folder, 'test_logits_f32_2000x10.bin')));
  const logits = new Float32Array(bytes.buffer, 0, IMAGES * 10);
  return Array.from({ length: IMAGES }, (_, i) => {
    const row = logits.subarray(i * 10, i * 10 + 10);
    return row.indexOf(Math.max(...row));
  });
}
