import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { models } from './run-ghostc.ts';

/** The trained network with its labelled images. */
export const fmnist = join(models, 'ghost_fmnist');

const labels = readFileSync(join(fmnist, 'test_labels_u8.bin'));
const logits = new Float32Array(
  new Uint8Array(readFileSync(join(fmnist, 'test_logits_f32_2000x10.bin'))).buffer,
);

/** How many classes PyTorch finds likelier than the right one of a test image. */
export function rankInPytorch(item: number): number {
  const row = [...logits.subarray(item * 10, item * 10 + 10)];
  return row.filter((score) => score > (row[labels[item] as number] as number)).length;
}
