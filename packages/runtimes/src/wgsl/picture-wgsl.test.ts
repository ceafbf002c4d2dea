import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileWgsl } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { createSession, type PictureOptions, picture } from '@ghostc/wgsl-runtime';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { dawnDevice, wgslTools } from './dawn-device.ts';

interface Case {
  readonly picture: readonly [number, number];
  readonly options: Pick<PictureOptions, 'fit' | 'resize'>;
  readonly input: readonly [number, number];
  readonly rgb: string;
}

const file = join(import.meta.dirname, '../../../../test-fixtures/pictures/pictures.json');
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(readFileSync(file, 'utf8'));

let device: GPUDevice;
beforeAll(async () => {
  if (wgslTools.every((tool) => tool.found())) device = await dawnDevice();
});
afterAll(() => device?.destroy());
beforeEach((context) => skipWithout(wgslTools, 'wgsl', context));

/** The same as `picture` of make-pictures.py. */
function formula([width, height]: readonly [number, number]): Uint8ClampedArray<ArrayBuffer> {
  return Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => {
    const [c, x, y] = [i % 4, (i >> 2) % width, Math.floor((i >> 2) / width)];
    return c === 3 ? 255 : (x * x * (c + 3) + y * y * (5 - c) + x * y * 7 + 31 * c) % 256;
  });
}

function textureOf(size: readonly [number, number]): GPUTexture {
  const usage = 4 | 2; // TEXTURE_BINDING, COPY_DST
  const texture = device.createTexture({ size: [...size], format: 'rgba8unorm', usage });
  device.queue.writeTexture({ texture }, formula(size), { bytesPerRow: size[0] * 4 }, [...size]);
  return texture;
}

/** An input that a run gives back as it got it; `last` makes it NHWC. */
async function echo(type: string, [height, width]: readonly [number, number], last: boolean) {
  const shape = last ? `1,${height},${width},3` : `1,3,${height},${width}`;
  const [dtype = '', quant = ''] = type.split(' ');
  const text = last
    ? `graph @net(%a: ${dtype}[${shape}] ${quant})\n%b = transpose %a {perm=[0,3,1,2]}\n%y = transpose %b {perm=[0,2,3,1]}\nreturn %y`
    : `graph @net(%a: ${dtype}[${shape}] ${quant})\n%b = transpose %a {perm=[0,1,3,2]}\n%y = transpose %b {perm=[0,1,3,2]}\nreturn %y`;
  return createSession(device, compileWgsl(parseGraph(text, { registry })));
}

test.each(cases)(
  '$picture on the GPU as torchvision and Pillow make it: $options',
  async ({ picture: size, options, input, rgb }) => {
    const session = await echo('f32', input, true);
    const texture = textureOf(size);
    const { y } = await session.run({ a: picture(texture, { mean: [0], std: [1 / 255], ...options }) });
    const expected = Buffer.from(rgb, 'base64');
    const off = Array.from(y as Float32Array, (value, i) => Math.abs(value - (expected[i] ?? 0)));
    // float32 may round a sum that is nearly between two bytes to the other one, in either pass
    expect(Math.max(...off)).toBeLessThan(1.01);
    expect(off.filter((value) => value > 0.01).length).toBeLessThan(off.length / 100);
    texture.destroy();
    session.dispose();
  },
);

test.each([
  ['f32', false],
  ['i8 quant(0.02:3)', true],
  ['i8 quant(0.02:3)', false],
  ['u8 quant(0.0078125:128)', true],
  ['u8 quant(0.0078125:128)', false],
])('%s, channels last %s, as it is computed without a GPU', async (type, last) => {
  const [size, input] = [
    [7, 5],
    [5, 7],
  ] as const;
  const session = await echo(type, input, last);
  const options = { mean: [0.48, 0.45, 0.4], std: [0.23, 0.22, 0.225], fit: 'stretch' } as const;
  const [target] = session.manifest.inputs;
  const image = { data: formula(size), width: size[0], height: size[1], [Symbol.toStringTag]: 'ImageData' };
  const expected = picture(image as unknown as ImageData, options).values(
    target as NonNullable<typeof target>,
  );
  const { y } = await session.run({ a: picture(textureOf(size), options) });
  const off = Array.from(y ?? [], (value, i) => Math.abs(value - (expected[i] ?? 0)));
  expect(target?.layout).toBe(last ? 'NHWC' : undefined);
  expect(off.length).toBe(105);
  expect(Math.max(...off)).toBeLessThan(type === 'f32' ? 1e-5 : 1e-9);
  session.dispose();
});
