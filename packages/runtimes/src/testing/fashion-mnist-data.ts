import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { f32, type Tensor } from '@ghostc/ir';

/** The trained network, its images and labels, as the tests use them. */
export const fashionMnist = join(import.meta.dirname, '../../../../test-fixtures/models/ghost_fmnist');

const PIXELS = 28 * 28;

/** Images of a raw file as network inputs [1,1,28,28]: (u8 / 255 - 0.2860) / 0.3530. */
export function fashionMnistImages(file: string, count: number): Tensor[] {
  const pixels = readFileSync(join(fashionMnist, file));
  return Array.from({ length: count }, (_, i) =>
    f32(
      [1, 1, 28, 28],
      Float32Array.from(pixels.subarray(i * PIXELS, (i + 1) * PIXELS), (u8) => (u8 / 255 - 0.286) / 0.353),
    ),
  );
}

export function fashionMnistLabels(): Uint8Array {
  return readFileSync(join(fashionMnist, 'test_labels_u8.bin'));
}

/** Index of the largest element. */
export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
