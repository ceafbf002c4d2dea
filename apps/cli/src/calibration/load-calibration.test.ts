import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { CompileError, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { PNG } from 'pngjs';
import { afterAll, expect, test } from 'vitest';
import { parseCalibrationSpec } from './calibration-spec.ts';
import { decodeImage } from './decode-image.ts';
import { loadCalibration } from './load-calibration.ts';

const folder = mkdtempSync(join(tmpdir(), 'ghostc-calibration-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = parseGraph('graph @net(%x: f32[1,3,8,8])\n%y = relu %x\nreturn %y', { registry });

/** A grey PNG of any claimed size around `pixels` bytes of zeros. */
function png(width: number, height: number, pixels: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const part = Buffer.alloc(12 + data.length);
    part.writeUInt32BE(data.length, 0);
    part.write(type, 4, 'latin1');
    part.set(data, 8);
    part.writeUInt32BE(crc32(part.subarray(4, 8 + data.length)), 8 + data.length);
    return part;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(pixels))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]);
}

test('a strip of one row is not enlarged without measure', () => {
  const file = join(folder, 'strip.png');
  writeFileSync(file, PNG.sync.write(new PNG({ width: 3_000_000, height: 1 })));
  const { samples } = loadCalibration(file, model, parseCalibrationSpec({ resize: '8', crop: '8' }));
  expect(() => [...samples]).toThrow(CompileError);
  expect(() => [...samples]).toThrow(/after --resize, found 24000000 x 8/);
});

test('a small file that claims many pixels is refused before they are allocated', () => {
  expect(() => decodeImage(png(2 ** 24, 1, 64), 3)).toThrow(/pixels in a file of this size/);
  expect(() => decodeImage(png(2 ** 16, 2 ** 16, 64), 3)).toThrow(/pixels in a file of this size/);
  expect(decodeImage(png(64, 64, 64 * 65), 1).shape).toEqual([1, 64, 64]);
});
