import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeTflite } from '@ghostc/tflite';
import { type OperatorCase, operatorCases } from '@ghostc/tflite/testing';
import { beforeAll, expect, test } from 'vitest';
import { ghostcIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const model = join(folder, 'net.tflite');

function caseModel(name: string): Uint8Array {
  const found = operatorCases.find((one) => one.name === name) as OperatorCase;
  return encodeTflite(found.spec);
}

beforeAll(() => writeFileSync(model, caseModel('int8/conv-same-stride-2')));

const ghostc = ghostcIn(folder);

test('inspect counts the operators', () => {
  const { status, stdout } = ghostc('inspect', model, '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout).after.ops).toEqual({ qlinear_conv2d: 1, transpose: 2 });
});

test('compile writes C', () => {
  const { status, stderr } = ghostc('compile', model, '--target', 'c', '--device', 'cortex-m4', '--out', 'c');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(readFileSync(join(folder, 'c/net.h'), 'utf8')).toContain('int net_run(');
});

test('verify says what the outputs were compared with', () => {
  const { status, stdout } = ghostc('verify', model, '--targets', 'interpreter,c', '--json');
  const report = JSON.parse(stdout);
  expect(report.reference).toMatch(/^the interpreter/);
  expect(
    report.targets.map(({ target, maxAbs }: { target: string; maxAbs: number }) => [target, maxAbs]),
  ).toEqual([
    ['interpreter', 0],
    ['c', 0],
  ]);
  expect(status).toBe(0);
});

test('opt prints the text form', () => {
  expect(ghostc('opt', model).stdout).toContain('qlinear_conv2d');
});

test('edit ends a model before an operator that is not supported, and verify runs the rest', () => {
  const { spec } = operatorCases.find((one) => one.name === 'int8/conv-same-stride-2') as OperatorCase;
  const [end = 0] = spec.outputs;
  const name = spec.tensors[end]?.name ?? '';
  const boxes = { name: 'boxes', shape: [1, 4], type: 'FLOAT32' } as const;
  const decoder = {
    code: 'CUSTOM',
    custom: 'PosenetDecoderOp',
    inputs: [end],
    outputs: [spec.tensors.length],
  } as const;
  const detector = {
    ...spec,
    tensors: [...spec.tensors, boxes],
    operators: [...spec.operators, decoder],
    outputs: [spec.tensors.length],
  };
  writeFileSync(join(folder, 'detector.tflite'), encodeTflite(detector));
  const refused = ghostc('inspect', 'detector.tflite').stderr;
  expect(refused).toContain(`ghostc edit MODEL --cut '${name}' ends the model before it`);
  const { stderr, status } = ghostc('edit', 'detector.tflite', '--cut', name, '--out', 'head.gir');
  expect([status, stderr]).toEqual([0, '']);
  expect(ghostc('verify', 'head.gir', '--targets', 'interpreter').status).toBe(0);
});

test('a truncated file is refused with its name', () => {
  const cut = join(folder, 'cut.tflite');
  writeFileSync(cut, caseModel('int8/add').slice(0, 400));
  const { status, stderr } = ghostc('inspect', cut);
  expect(status).toBe(2);
  expect(stderr).toContain('error[tflite/decode]');
  expect(stderr).toContain(cut);
});
