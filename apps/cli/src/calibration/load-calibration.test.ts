import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompileError, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { testFolder } from '../testing/test-folder.ts';
import { parseCalibrationSpec } from './calibration-spec.ts';
import { decodeImage } from './decode-image.ts';
import { loadCalibration } from './load-calibration.ts';

const folder = testFolder();

const model = parseGraph('graph @net(%x: f32[1,3,8,8])\n%y = relu %x\nreturn %y', { registry });

/** A black grey PNG. */
function png(width: number, height: number): Buffer {
  return PNG.sync.write(new PNG({ width, height }), { colorType: 0 });
}

/** The same file with another size in its header. */
function claiming(bytes: Buffer, width: number, height: number): Buffer {
  const claim = Buffer.from(bytes);
  claim.writeUInt32BE(width, 16);
  claim.writeUInt32BE(height, 20);
  return claim;
}

test('a strip of one row is not enlarged without measure', () => {
  const file = join(folder, 'strip.png');
  writeFileSync(file, PNG.sync.write(new PNG({ width: 3_000_000, height: 1 })));
  const { samples } = loadCalibration(file, model, parseCalibrationSpec({ resize: '8', crop: '8' }));
  expect(() => [...samples]).toThrow(CompileError);
  expect(() => [...samples]).toThrow(/after --resize, found 24000000 x 8/);
});

test('a small file that claims many pixels is refused before they are allocated', () => {
  expect(() => decodeImage(claiming(png(8, 8), 2 ** 24, 1), 3)).toThrow(/pixels in a file of this size/);
  expect(() => decodeImage(claiming(png(8, 8), 2 ** 16, 2 ** 16), 3)).toThrow(
    /pixels in a file of this size/,
  );
  expect(decodeImage(png(64, 64), 1).shape).toEqual([1, 64, 64]);
});
