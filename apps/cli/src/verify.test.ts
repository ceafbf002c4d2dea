import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModel } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { fromNumbers, toNumbers } from '@ghostc/ir';
import { dataSetFiles } from '@ghostc/onnx';
import { evaluateGraph } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const fmnist = join(models, 'ghost_fmnist');
const seed = join(models, 'modules/ghost_module_seed');
const folder = testFolder();
const ghostc = ghostcIn(folder);

describe('verify', () => {
  test('JSON names model, target, status, errors and tolerance', () => {
    const { status, stdout } = ghostc(
      'verify',
      join(fmnist, 'ghost_fmnist.onnx'),
      '--data',
      fmnist,
      '--targets',
      'original,interpreter,onnx,c',
      '--json',
    );
    expect(status).toBe(0);
    const { model, targets } = JSON.parse(stdout);
    expect(model).toBe(join(fmnist, 'ghost_fmnist.onnx'));
    expect(targets.map((one: { target: string; status: string }) => [one.target, one.status])).toEqual([
      ['original', 'pass'],
      ['interpreter', 'pass'],
      ['onnx', 'pass'],
      ['c', 'pass'],
    ]);
    const readme = readFileSync(join(models, '../../README.md'), 'utf8');
    const shown = [...readme.matchAll(/^│ (\w+) +│ (pass|fail) /gm)].map(([, target, state]) => [
      target,
      state,
    ]);
    expect(shown).toEqual(targets.map((one: { target: string; status: string }) => [one.target, one.status]));
    for (const one of targets) expect(one.maxRel).toBeLessThan(one.tolerance);
    for (const one of targets) expect(one.maxAbs).toBeGreaterThanOrEqual(0);
  });

  test('seeded inputs where there is no data', () => {
    expect(ghostc('verify', join(seed, 'model.onnx'), '--targets', 'onnx,c').status).toBe(0);
    expect(ghostc('verify', 'ghostnet:0.5@32/10', '--targets', 'onnx,c').status).toBe(0);
  });

  test('an original that ONNX Runtime does not run is compared with the interpreter', () => {
    const dilated = join(models, '../cases/refused-same-dilated');
    const { status, stdout } = ghostc('verify', join(dilated, 'model.onnx'), '--targets', 'onnx,c');
    expect(stdout).toContain('reference: the interpreter: the original does not run. ONNX Runtime: ');
    expect(status).toBe(0);
    cpSync(join(models, '../cases/refused-same-dilated-lower/test_data_set_0'), join(folder, 'other'), {
      recursive: true,
    });
    const wrong = ghostc(
      'verify',
      join(dilated, 'model.onnx'),
      '--targets',
      'c',
      '--data',
      join(folder, 'other'),
    );
    expect(wrong).toMatchObject({ status: 1, stderr: '' });
  });

  test('a wrong expectation fails with exit code 1', () => {
    const data = join(folder, 'wrong');
    cpSync(join(fmnist, 'test_data_set_0'), join(data, 'test_data_set_0'), { recursive: true });
    cpSync(join(fmnist, 'test_data_set_1/output_0.pb'), join(data, 'test_data_set_0/output_0.pb'));
    const { status, stdout } = ghostc(
      'verify',
      join(fmnist, 'ghost_fmnist.onnx'),
      '--data',
      data,
      '--targets',
      'c',
    );
    expect(status).toBe(1);
    expect(stdout).toContain('fail');
    expect(stdout).toContain('test_data_set_0, output');
  });

  test("data a thousandth off, as the original is from them, are noisy, but not where they are the model's own", () => {
    const graph = readModel(readFileSync(join(seed, 'model.onnx')));
    const inputs = [...seededInputs(graph, 1).values()];
    const outputs = evaluateGraph(graph, inputs).map((one) =>
      fromNumbers(
        'f32',
        one.shape,
        toNumbers(one).map((v) => 1.001 * v),
      ),
    );
    const set = join(folder, 'off/test_data_set_0');
    mkdirSync(set, { recursive: true });
    for (const [name, content] of dataSetFiles({ inputs, outputs }))
      writeFileSync(join(folder, 'off', name), content);
    const args = ['verify', join(seed, 'model.onnx'), '--data', join(folder, 'off'), '--targets', 'c'];
    const noisy = ghostc(...args);
    expect(noisy).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('within the noise of the data'),
    });
    expect(ghostc(...args, '--exact-data')).toMatchObject({ status: 1 });
  });

  test('every dynamic shape of the data is compiled for', () => {
    const dynamic = join(models, 'modules/ghost_module_seed_dyn');
    expect(
      ghostc('verify', join(dynamic, 'model.onnx'), '--data', dynamic, '--targets', 'onnx,c').status,
    ).toBe(0);
  });
});
