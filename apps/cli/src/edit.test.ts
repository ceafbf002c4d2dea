import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel } from '@ghostc/onnx';
import { expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const ghostc = ghostcIn(folder);
const model = join(models, 'ghost_fmnist/ghost_fmnist.onnx');

test('edit renames and changes batch and opset; extract and merge take the model apart and join it again', () => {
  const first = decodeModel(readFileSync(model)).graph;
  const [input = '', output = ''] = [first?.input?.[0]?.name, first?.output?.[0]?.name];
  const edited = ghostc(
    'edit',
    model,
    '--rename',
    `${input}=picture`,
    `${output}=scores`,
    '--batch',
    'n',
    '--opset',
    '18',
    '--out',
    'edited.onnx',
  );
  expect([edited.status, edited.stderr]).toEqual([0, '']);
  const { graph, opset_import } = decodeModel(readFileSync(join(folder, 'edited.onnx')));
  expect(graph?.input?.[0]).toMatchObject({ name: 'picture' });
  expect(graph?.input?.[0]?.type?.tensor_type?.shape?.dim?.[0]).toMatchObject({ dim_param: 'n' });
  expect(Number(opset_import?.[0]?.version)).toBe(18);

  const cut = graph?.node?.[3]?.output?.[0] ?? '';
  expect(ghostc('extract', 'edited.onnx', '--to', cut, '--out', 'head.onnx').status).toBe(0);
  expect(ghostc('extract', 'edited.onnx', '--from', cut, '--to', 'scores', '--out', 'tail.onnx').status).toBe(
    0,
  );
  const merged = ghostc(
    'merge',
    'head.onnx',
    'tail.onnx',
    '--connect',
    `${cut}=${cut}`,
    '--external-data',
    '--out',
    'whole.onnx',
  );
  expect([merged.status, merged.stderr]).toEqual([0, '']);
  const whole = decodeModel(readFileSync(join(folder, 'whole.onnx'))).graph;
  expect(existsSync(join(folder, 'whole.onnx.data'))).toBe(true);
  expect([whole?.input?.[0]?.name, whole?.output?.map(({ name }) => name)]).toEqual(['picture', ['scores']]);
  expect(ghostc('edit', 'edited.onnx', '--rename', 'nobody=x').stderr).toContain('there is no value %nobody');
});

test('edit takes pictures as they come, gives classes, ends a model early, and computes in float16', () => {
  const camera = [
    '--preprocess',
    'scale=1/255,mean=0.286,std=0.353,dtype=u8,layout=nhwc',
    '--postprocess',
    'top-k=3',
  ];
  const edited = ghostc('edit', model, ...camera, '--float16', '--out', 'camera.onnx');
  expect([edited.status, edited.stderr]).toEqual([0, '']);
  const { graph } = decodeModel(readFileSync(join(folder, 'camera.onnx')));
  expect(graph?.input?.[0]?.type?.tensor_type?.elem_type).toBe(2);
  expect(graph?.output?.map(({ name }) => name)).toEqual(['values', 'indices']);
  const cut = decodeModel(readFileSync(model)).graph?.node?.[3]?.output?.[0] ?? '';
  expect(ghostc('edit', model, '--cut', cut, '--out', 'head.onnx').status).toBe(0);
  expect(decodeModel(readFileSync(join(folder, 'head.onnx'))).graph?.output?.map(({ name }) => name)).toEqual(
    [cut],
  );
  expect(ghostc('edit', model, '--preprocess', 'means=1').stderr).toContain(
    'expected one of scale, mean, std',
  );
  expect(ghostc('edit', model, '--preprocess', 'size=4').stderr).toContain('a size as HEIGHTxWIDTH');
  expect(ghostc('edit', model, '--postprocess', 'top-k').stderr).toContain(
    'a number or a fraction, found ""',
  );
});
