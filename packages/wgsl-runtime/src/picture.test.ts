import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { IoTensor } from './manifest.ts';
import { picture } from './picture-pixels.ts';
import type { PictureOptions } from './picture-source.ts';

interface Case {
  readonly picture: readonly [number, number];
  readonly options: Pick<PictureOptions, 'fit' | 'resize'>;
  readonly input: readonly [number, number];
  readonly rgb: string;
}

const file = join(import.meta.dirname, '../../../test-fixtures/pictures/pictures.json');
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(readFileSync(file, 'utf8'));

/** As an ImageData; Node has none. */
function formula([width, height]: readonly [number, number]): ImageData {
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => {
    const [c, x, y] = [i % 4, (i >> 2) % width, Math.floor((i >> 2) / width)];
    return c === 3 ? 255 : (x * x * (c + 3) + y * y * (5 - c) + x * y * 7 + 31 * c) % 256;
  });
  return { data, width, height, colorSpace: 'srgb', [Symbol.toStringTag]: 'ImageData' } as ImageData;
}

const plain = { mean: [0], std: [1 / 255] };

function target(dtype: IoTensor['dtype'], shape: readonly number[], more: Partial<IoTensor> = {}): IoTensor {
  return { name: 'a', dtype, shape, offset: 0, bytes: 0, ...more };
}

test.each(cases)(
  '$picture as torchvision and Pillow make it: $options',
  ({ picture: size, options, input, rgb }) => {
    const [height, width] = input;
    const shape = [1, height, width, 3];
    const found = picture(formula(size), { ...plain, ...options }).values(
      target('f32', shape, { layout: 'NHWC' }),
    );
    expect(Buffer.from(Uint8Array.from(found, Math.round)).equals(Buffer.from(rgb, 'base64'))).toBe(true);
    const planes = picture(formula(size), { ...plain, ...options }).values(
      target('f32', [1, 3, height, width]),
    );
    const at = (c: number, p: number): number | undefined => planes[c * height * width + p];
    expect(Array.from(found, (_, i) => at(i % 3, Math.floor(i / 3)))).toEqual([...found]);
  },
);

test('integers are the nearest that stand for the values, within their range', () => {
  const options = { mean: [0.5], std: [0.5], fit: 'stretch' } as const;
  const reals = picture(formula([4, 3]), options).values(target('f32', [1, 3, 3, 4]));
  const nearest = (scale: number, zeroPoint: number, low: number, high: number): number[] =>
    Array.from(reals, (real) => Math.min(high, Math.max(low, Math.floor(real / scale + zeroPoint + 0.5))));
  const quant = { scale: 1 / 100, zeroPoint: 3 };
  const i8 = picture(formula([4, 3]), options).values(target('i8', [1, 3, 3, 4], { quant }));
  expect(i8).toEqual(Int8Array.from(nearest(1 / 100, 3, -128, 127)));
  const u8 = picture(formula([4, 3]), options).values(
    target('u8', [1, 3, 3, 4], { quant: { scale: 1 / 128, zeroPoint: 128 } }),
  );
  expect(u8).toEqual(Uint8Array.from(nearest(1 / 128, 128, 0, 255)));
});

test.each<[string, Partial<PictureOptions>, IoTensor, string]>([
  [
    'rank',
    {},
    target('f32', [3, 4, 4]),
    'input a: a picture needs f32, i8 or u8 [1,C,H,W] or [1,H,W,C] with C 1 or 3, found f32[3,4,4]',
  ],
  [
    'type',
    {},
    target('i16', [1, 3, 4, 4]),
    'input a: a picture needs f32, i8 or u8 [1,C,H,W] or [1,H,W,C] with C 1 or 3, found i16[1,3,4,4]',
  ],
  ['resize', { resize: 3 }, target('f32', [1, 3, 4, 4]), 'input a: expected resize of at least 4, found 3'],
  [
    'no number',
    { resize: 2.5 },
    target('f32', [1, 3, 4, 4]),
    'picture: expected resize as a number of pixels, found 2.5',
  ],
])('refused: %s', (_, options, input, message) => {
  expect(() => picture(formula([8, 8]), { ...plain, ...options }).values(input)).toThrow(message);
});
