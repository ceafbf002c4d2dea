import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ghostcIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const ghostc = ghostcIn(folder);

/** Upsampled to the size of a skip connection, which no size of 1 fits. */
const model = join(import.meta.dirname, '../../../test-fixtures/cases/bind-unet-upsample-to-skip/model.onnx');
const sizes = ['--bind', 'batch=1', '--bind', 'height=7', '--bind', 'width=9'];

/** `tune` has a test of its own. */
test.each([
  ['inspect', []],
  ['compile', ['--target', 'wgsl', '--out', 'wgsl']],
  ['opt', ['--out', 'opt.gir']],
  ['explain', ['--rule', 'fuse-activation']],
  ['verify', ['--targets', 'interpreter']],
  ['bisect', ['--a', 'interpreter', '--b', 'interpreter']],
  ['quantize', ['--seeded', '1', '--out', 'int8.onnx']],
  ['fit', ['--board', 'nrf52840']],
  ['profile', ['--runtime', 'interpreter']],
] as const)('%s knows the sizes of --bind before shapes are computed', (command, options) => {
  const { status, stderr } = ghostc(command, model, ...sizes, ...options);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
