import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadModel } from './load-model.ts';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const ghostc = ghostcIn(folder);

/** What a model may ask for depends on its size: weights in a file beside it count. */
test.for([
  ['model.gir', ['model.gir.safetensors']],
  ['model.onnx', ['model.onnx.data']],
] as const)('%s has the size of all its files', ([name, beside]) => {
  const flags = name.endsWith('.onnx') ? ['--external-data'] : [];
  const source = join(models, 'ghost_fmnist/ghost_fmnist.onnx');
  expect(ghostc('edit', source, ...flags, '--out', name).stderr).toBe('');
  const sizes = [name, ...beside].map((file) => statSync(join(folder, file)).size);
  expect(loadModel(join(folder, name)).bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
});
