import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileC } from '@ghostc/compiler';
import { readOnnx } from '@ghostc/onnx';
import { expect, test } from 'vitest';
import { cDevice } from './c-device.ts';
import { fashionMnist, fashionMnistImages, fashionMnistLabels, largest } from './fashion-mnist-data.ts';
import { runC } from './prepare-c.ts';
import { skipWithout } from './require-tool.ts';

const IMAGES = 2000;

test('C on the host classifies the 2,000 test images as PyTorch does, image for image', {
  timeout: 300_000,
}, async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  const program = compileC(readOnnx(readFileSync(join(fashionMnist, 'ghost_fmnist.onnx'))), {
    device: 'host',
  });
  const name = program.inputs[0]?.name ?? '';
  const images = fashionMnistImages('test_images_u8_2000x28x28.bin', IMAGES);
  const runs = await runC(
    program,
    'host',
    images.map((image) => new Map([[name, image]])),
  );
  const ours = runs.map(({ outputs }) => largest([...outputs.values()][0]?.data as Float32Array));
  const logits = floats('test_logits_f32_2000x10.bin');
  const theirs = Array.from({ length: IMAGES }, (_, i) => largest(logits.subarray(i * 10, i * 10 + 10)));
  expect(ours).toEqual(theirs);
  const labels = fashionMnistLabels();
  expect(ours.filter((label, i) => label === labels[i]).length / IMAGES).toBe(0.917);
});

function floats(file: string): Float32Array {
  const bytes = new Uint8Array(readFileSync(join(fashionMnist, file)));
  return new Float32Array(bytes.buffer, 0, bytes.length / 4);
}
