import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModel } from '@ghostc/compiler';
import { randomTensor } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { npy } from './testing/numpy-files.ts';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const model = join(models, 'modules/ghost_bottleneck_s1_proj/model.onnx');
const folder = testFolder();
const ghostc = ghostcIn(folder);

function quantized(name: string, ...flags: readonly string[]): string {
  expect(ghostc('quantize', model, '--seeded', '3', ...flags, '--out', name).status).toBe(0);
  return name;
}

interface Row {
  readonly target: string;
  readonly status: string;
  readonly maxAbs: number;
  readonly note?: string;
}

function rowsOf(name: string, targets: string): Row[] {
  const { stdout } = ghostc('verify', name, '--targets', targets, '--json');
  return JSON.parse(stdout).targets;
}

test.each([
  { what: 'double rounding', flags: [] },
  { what: 'single rounding', flags: ['--rounding', 'single'] },
  { what: 'two layers in float', flags: ['--keep-float', '2'] },
  { what: 'two layers of 16 bits', flags: ['--keep-int16', '2'] },
])(
  'verify: C has the integers of an int8 model with $what, ONNX Runtime each layer to a step',
  ({ flags }) => {
    const rows = rowsOf(quantized('q.onnx', ...flags), 'original,onnx,c');
    expect(rows.map(({ target, status }) => [target, status])).toEqual([
      ['original', 'pass'],
      ['onnx', 'pass'],
      ['c', 'pass'],
    ]);
    expect(rows[2]?.maxAbs).toBeLessThan(1e-5);
    expect(rows[0]?.note).toMatch(/^\d+ layers, each by itself: /);
  },
);

test('inputs without outputs are judged as seeded ones where no ONNX file is', () => {
  const name = quantized('d.onnx');
  expect(ghostc('opt', name, '--out', 'd.gir').status).toBe(0);
  const { shape } = readModel(readFileSync(join(folder, name))).inputs[0]?.type ?? { shape: [] };
  writeFileSync(join(folder, 'x.npy'), npy(randomTensor({ dtype: 'f32', shape: shape.map(Number) }, 5)));
  const { stdout } = ghostc('verify', 'd.gir', '--data', 'x.npy', '--targets', 'onnx,c', '--json');
  const { targets } = JSON.parse(stdout);
  expect(targets).toMatchObject([
    { status: 'pass', note: expect.stringMatching(/each by itself/) },
    { status: 'pass' },
  ]);
});

test('bisect compares integer layers, and allows ONNX Runtime a step in each', () => {
  const name = quantized('b.onnx');
  const report = JSON.parse(ghostc('bisect', name, '--a', 'ort', '--b', 'c', '--json').stdout);
  expect(report).toMatchObject({ agree: true, culprit: null, smallest: null });
  const off = report.rows.filter(({ error }: { error: number }) => error > 0);
  expect(off.map(({ error, allowed }: Record<string, number>) => [error, allowed])).toContainEqual([1, 1]);
  expect(report.rows.map(({ op }: { op: string }) => op)).toContain('qlinear_depthwise_conv2d');
});

/** An engine that answers zeros. */
const zeros = `export default {
  name: 'zeros',
  prepare: async (graph) => ({
    run: async () => new Map(graph.outputs.map(({ name, value: { type: { dtype, shape } } }) => {
      const size = shape.reduce((p, d) => p * d, 1);
      return [name, { dtype, shape, data: dtype === 'i8' ? new Int8Array(size) : new Float32Array(size) }];
    })),
  }),
};`;

test('bisect finds the layer that is more than a step off', () => {
  writeFileSync(join(folder, 'zeros.mjs'), zeros);
  const { status, stdout } = ghostc(
    ...['bisect', quantized('b.onnx'), '--a', 'ort', '--b', './zeros.mjs', '--json'],
  );
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ agree: false, culprit: { op: 'quantize_linear' } });
});
