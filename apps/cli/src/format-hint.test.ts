import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadModel } from './load-model.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();

test.each([
  ['weights.pth', 'torch.onnx.export(model'],
  ['checkpoint.PT', 'torch.onnx.export(model'],
  ['program.pt2', 'torch.export.load'],
  ['weights.safetensors', '--state-dict'],
  ['network.h5', 'tf2onnx'],
])('%s is told what to do', (name, hint) => {
  const file = join(folder, name);
  writeFileSync(file, 'PK\x03\x04 no ONNX');
  expect(() => loadModel(file)).toThrow(hint);
});

test.each(['ghostnet', 'ghostnet-1.0', 'ghostnetv4:1.0', 'resnet50:2', 'GhostNetV2:1.0'])(
  '%s is told the families',
  (name) => expect(() => loadModel(name)).toThrow('families: ghostnet, ghostnetv1, ghostnetv2'),
);

test('a missing file is missing, and no more', () => {
  expect(() => loadModel('model.onnx')).toThrow(/there is no such file\n {2}at model.onnx$/);
});
