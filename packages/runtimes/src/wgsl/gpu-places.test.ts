import { compileWgsl } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { createSession, type Session } from '@ghostc/wgsl-runtime';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { dawnDevice, wgslTools } from './dawn-device.ts';

const text = `graph @net(%a: f32[1,3,2,5], %k: i8[3,2] quant(0.5:0))
const %two: f32[1] = [2]
%y = mul %a, %two
%t = transpose %y {perm=[0,2,3,1]}
%m = reduce_mean %y {axes=[1]}
%q = transpose %k {perm=[1,0]}
return %y, %t, %m, %q`;

const [MAP_READ, COPY_SRC, COPY_DST] = [1, 4, 8];
const [TEXTURE_COPY_SRC, STORAGE_BINDING] = [1, 8];

let device: GPUDevice;
let session: Session;
beforeAll(async () => {
  if (!wgslTools.every((tool) => tool.found())) return;
  device = await dawnDevice();
  session = await createSession(device, compileWgsl(parseGraph(text, { registry })));
});
afterAll(() => device?.destroy());
beforeEach((context) => skipWithout(wgslTools, 'wgsl', context));

const a = Float32Array.from({ length: 30 }, (_, i) => i / 60);
const k = new Int8Array([1, 2, 3, 4, 5, 6]);

function bufferOf(size: number, data?: Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>): GPUBuffer {
  const buffer = device.createBuffer({ size, usage: COPY_SRC | COPY_DST });
  if (data) device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

/** What the GPU has in a buffer. */
async function read(buffer: GPUBuffer): Promise<ArrayBuffer> {
  const copy = device.createBuffer({ size: buffer.size, usage: MAP_READ | COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await copy.mapAsync(1);
  return copy.getMappedRange();
}

/** The floats of a texture of rgba32float, row by row. */
async function texels(texture: GPUTexture): Promise<number[]> {
  const { width, height } = texture;
  const rows = device.createBuffer({ size: 256 * height, usage: COPY_SRC | COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer: rows, bytesPerRow: 256 }, [width, height]);
  device.queue.submit([encoder.finish()]);
  const bytes = await read(rows);
  return Array.from({ length: height }, (_, y) => [...new Float32Array(bytes, y * 256, width * 4)]).flat();
}

function textureOf(width: number, height: number, usage = TEXTURE_COPY_SRC | STORAGE_BINDING): GPUTexture {
  return device.createTexture({ size: [width, height], format: 'rgba32float', usage });
}

test('inputs come from buffers as they are at the call, and outputs go to buffers', async () => {
  const [from, bytes] = [bufferOf(120, a), bufferOf(8, new Int8Array([...k, 0, 0]))];
  const [y, q] = [bufferOf(128), bufferOf(8)];
  const run = session.run({ a: from, k: bytes }, { y, q });
  device.queue.writeBuffer(from, 0, new Float32Array(30));
  const rest = await run;
  expect(Object.keys(rest)).toEqual(['t', 'm']);
  expect([...new Float32Array(await read(y), 0, 30)]).toEqual([...a].map((v) => Math.fround(v * 2)));
  expect([...new Int8Array(await read(q), 0, 6)]).toEqual([1, 3, 5, 2, 4, 6]);
  const all = await session.run({ a, k });
  expect(Object.keys(all)).toEqual(['y', 't', 'm', 'q']);
  expect(rest.t).toEqual(all.t);
});

test('outputs go to textures, channels first, last, and one of them as grey', async () => {
  const [y, t, m] = [textureOf(5, 2), textureOf(5, 2), textureOf(5, 2)];
  const values = await session.run({ a, k });
  expect(await session.run({ a, k }, { y, t, m, q: bufferOf(8) })).toEqual({});
  const plane = (c: number, p: number): number => values.y?.[c * 10 + p] ?? Number.NaN;
  const pixels = Array.from({ length: 10 }, (_, p) => p);
  const colours = pixels.flatMap((p) => [plane(0, p), plane(1, p), plane(2, p), 1]);
  expect(await texels(y)).toEqual(colours);
  expect(await texels(t)).toEqual(colours);
  expect(await texels(m)).toEqual(pixels.flatMap((p) => [...Array(3).fill(values.m?.[p]), 1]));
});

test.each<[string, () => Promise<unknown>, string | RegExp]>([
  [
    'a small input',
    () => session.run({ a: bufferOf(116), k }),
    'a: expected a GPUBuffer of at least 120 bytes, found 116',
  ],
  [
    'a small output',
    () => session.run({ a, k }, { q: bufferOf(4) }),
    'q: expected a GPUBuffer of at least 8 bytes, found 4',
  ],
  ['no output', () => session.run({ a, k }, { z: bufferOf(4) }), 'there is no output z; expected y, t, m, q'],
  [
    'an array',
    () => session.run({ a, k }, { y: a } as never),
    'output y: expected a GPUBuffer or a GPUTexture',
  ],
  [
    'another size',
    () => session.run({ a, k }, { y: textureOf(2, 5) }),
    'output y: f32[1,3,2,5] has not the size of the texture, 2x5',
  ],
  [
    'integers',
    () => session.run({ a, k }, { q: textureOf(2, 3) }),
    'output q: i8[2,3] has not the size of the texture, 2x3',
  ],
  [
    'a texture without the usage',
    () => session.run({ a, k }, { y: textureOf(5, 2, TEXTURE_COPY_SRC) }),
    /StorageBinding/,
  ],
])('refused, and the session goes on: %s', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
  expect((await session.run({ a, k })).m?.length).toBe(10);
});
