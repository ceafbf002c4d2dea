import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { f32, type Tensor, tensor, toNumbers } from '@ghostc/ir';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalize } from './normalize.ts';
import { readNpy } from './read-npy.ts';
import { centreCrop, resizeImage } from './resize-image.ts';
import { splitSamples } from './split-samples.ts';

/** A .npy file of version 1, as numpy.save writes it. */
function npy(header: string, data: Uint8Array, length = header.length): Uint8Array {
  const bytes = new Uint8Array(10 + header.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(data, 10 + header.length);
  return bytes;
}

const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe('.npy', () => {
  test('floats and bytes', () => {
    const floats = new Uint8Array(Float32Array.of(1, -2.5, 3, 4, 5, 6).buffer);
    expect(readNpy(npy(header('<f4', '(2, 3)'), floats))).toEqual(f32([2, 3], [1, -2.5, 3, 4, 5, 6]));
    expect(readNpy(npy(header('|u1', '(3,)'), Uint8Array.of(7, 8, 255))).shape).toEqual([3]);
  });

  test.each([
    ['other bytes', new Uint8Array(40), 'expected a NumPy .npy file'],
    ['Fortran order', npy(header('<f4', '(1, 1)', 'True'), new Uint8Array(4)), 'found Fortran order'],
    ['too little data', npy(header('<f4', '(2, 3)'), new Uint8Array(20)), 'f32[2,3] has 24 bytes, found 20'],
    ['a huge shape', npy(header('<f4', '(99999, 99999)'), new Uint8Array(4)), 'found 4'],
    ['big endian', npy(header('>f4', '(1,)'), new Uint8Array(4)), 'element type ">f4" is not supported'],
    ['objects', npy(header('|O', '(1,)'), new Uint8Array(4)), 'element type "|O" is not supported'],
    [
      'no shape',
      npy("{'descr': '<f4', 'fortran_order': False}", new Uint8Array(4)),
      'the header has no shape',
    ],
    ['a header beyond the file', npy(header('<f4', '(1,)'), new Uint8Array(0), 60000), 'the header claims'],
  ])('%s is refused', (_what, bytes, message) => {
    expect(() => readNpy(bytes)).toThrow(message);
  });

  test('any bytes give a tensor or a CompileError', () => {
    const good = npy(header('<f4', '(2, 3)'), new Uint8Array(24));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          readNpy(bytes);
        } catch (error) {
          expect((error as Error).name).toBe('CompileError');
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('bytes are scaled by 255, then mean and deviation of their channel', () => {
  const image = tensor('u8', [1, 2, 1, 1], Uint8Array.of(255, 51));
  const made = normalize(image, { mean: [0.5, 0.1], std: [0.25, 0.5] });
  expect([...toNumbers(made)].map((v) => Number(v.toFixed(6)))).toEqual([2, 0.2]);
  expect(toNumbers(normalize(f32([1, 1], [3]), { mean: [1], std: [2], scale: 5 }))[0]).toBe(7);
  expect(() => normalize(image, { mean: [0.5, 0.1, 3], std: [1] })).toThrow(
    'mean expects 1 or 2 numbers, found 3',
  );
  expect(() => normalize(image, { mean: [0], std: [0] })).toThrow('std expects numbers other than 0');
});

describe('items of a stored array', () => {
  const input = { name: 'x', shape: [1, 1, 2, 2] };
  const stored = (...shape: number[]): Tensor =>
    tensor(
      'u8',
      shape,
      new Uint8Array(shape.reduce((p, d) => p * d, 1)).map((_, i) => i),
    );

  test.each([
    ['with all axes', stored(3, 1, 2, 2), 3],
    ['without the channel', stored(3, 2, 2), 3],
    ['one by itself', stored(1, 2, 2), 1],
  ])('%s', (_what, given, count) => {
    const items = splitSamples(given, input);
    expect(items.map((item) => item.shape)).toEqual(Array.from({ length: count }, () => [1, 1, 2, 2]));
    expect(items.at(-1)?.data.at(-1)).toBe(count * 4 - 1);
  });

  test('another shape, nothing, and a batch that is not full are refused', () => {
    expect(() => splitSamples(stored(3, 2, 3), input)).toThrow(
      'input x expects items of [1,2,2], found data of [3,2,3]',
    );
    expect(() => splitSamples(stored(0, 1, 2, 2), input)).toThrow('no items');
    expect(() => splitSamples(stored(3, 1, 2, 2), { ...input, shape: [2, 1, 2, 2] })).toThrow(
      'do not fill batches of 2',
    );
  });
});

test('resizing keeps a constant, halves a checkerboard to its mean, and is the identity at the same size', () => {
  const flat = f32([1, 5, 7], new Float32Array(35).fill(3));
  expect([...toNumbers(resizeImage(flat, [3, 2]))].every((v) => Math.abs(v - 3) < 1e-6)).toBe(true);
  const board = f32(
    [1, 8, 8],
    Float32Array.from({ length: 64 }, (_, i) => ((i + (i >> 3)) & 1 ? 1 : 0)),
  );
  const half = toNumbers(resizeImage(board, [4, 4]));
  expect(Math.max(...[...half].map((v) => Math.abs(v - 0.5)))).toBeLessThan(0.1);
  expect(toNumbers(resizeImage(board, [8, 8]))).toEqual(board.data);
});

/** Of test-fixtures/pictures: sizes, and RGB that torchvision's Resize and CenterCrop made. */
interface PictureCase {
  readonly picture: readonly [number, number];
  readonly options: { readonly resize?: number };
  readonly input: readonly [number, number];
  readonly rgb: string;
}

test('the shorter side is resized and the middle cut out as torchvision does, but for rounding to 8 bits', () => {
  const file = join(import.meta.dirname, '../../../../test-fixtures/pictures/pictures.json');
  const { cases }: { readonly cases: readonly PictureCase[] } = JSON.parse(readFileSync(file, 'utf8'));
  const resized = cases.filter(({ options }) => options.resize);
  expect(resized.length).toBe(6);
  for (const { picture, options, input, rgb } of resized) {
    const [width, height] = picture;
    const pixels = Float32Array.from({ length: 3 * width * height }, (_, i) => {
      const [c, y, x] = [Math.floor(i / (width * height)), Math.floor(i / width) % height, i % width];
      return (x * x * (c + 3) + y * y * (5 - c) + x * y * 7 + 31 * c) % 256;
    });
    const longer = (size: number) => Math.floor(((options.resize ?? 0) * size) / Math.min(width, height));
    const sized = resizeImage(f32([3, height, width], pixels), [longer(height), longer(width)]);
    const found = toNumbers(centreCrop(sized, input));
    const plane = input[0] * input[1];
    const off = [...Buffer.from(rgb, 'base64')].map((byte, i) =>
      Math.abs(byte - (found[(i % 3) * plane + Math.floor(i / 3)] ?? 0)),
    );
    expect(Math.max(...off), `${picture}`).toBeLessThan(1.01);
  }
});

test('the middle is cut out', () => {
  const image = f32(
    [1, 3, 4],
    Array.from({ length: 12 }, (_, i) => i),
  );
  expect([...toNumbers(centreCrop(image, [1, 2]))]).toEqual([5, 6]);
});
