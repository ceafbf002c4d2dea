import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
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

test('bisect of two models: sizes that the second does not name are those of the first', () => {
  const scaled = (size: number | string): string =>
    `graph @g(%x: f32[${size},3])\n  const %k: f32[3] = random(1)\n  %y = mul %x, %k\n  return %y`;
  writeFileSync(join(folder, 'open.gir'), scaled('N'));
  writeFileSync(join(folder, 'fixed.gir'), scaled(2));
  const bisect = ghostc('bisect', 'open.gir', 'fixed.gir', '--a', 'interpreter', '--bind', 'N=2');
  expect([bisect.status, bisect.stderr]).toEqual([0, '']);
  const unknown = ghostc('bisect', 'open.gir', 'fixed.gir', '--a', 'interpreter', '--bind', 'M=2');
  expect(unknown.stderr).toContain('there is no dimension M');
});

describe('several sizes in one package', () => {
  const text = `graph @net(%a: f32[N,M,4])
const %w: f32[4,3] = random(1)
const %b: f32[3] = [1, 2, 3]
%y = matmul %a, %w
%z = add %y, %b
return %z`;
  const bind = (...sizes: string[]) => sizes.flatMap((size) => ['--bind', size]);
  const compile = (target: string, ...sizes: string[]) => {
    writeFileSync(join(folder, 'net.gir'), text);
    return ghostc('compile', 'net.gir', '--target', target, '--out', `shapes-${target}`, ...bind(...sizes));
  };

  test.each(['web', 'wasm'])('load takes the program of the sizes that it is given: %s', async (target) => {
    const { status, stderr } = compile(target, 'N=1', 'N=3', 'M=2');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const out = join(folder, `shapes-${target}`);
    const weights = readdirSync(out).filter((name) => name.endsWith('.bin'));
    expect(weights).toEqual(['net_1.wasm.weights.bin', ...(target === 'web' ? ['net_1.weights.bin'] : [])]);
    const { load, shapes, manifest } = await import(pathToFileURL(join(out, 'net.js')).href);
    expect(
      shapes.map(({ bind, inputs }: { bind: object; inputs: { shape: number[] }[] }) => [
        bind,
        inputs[0]?.shape,
      ]),
    ).toEqual([
      [{ N: 1, M: 2 }, [1, 2, 4]],
      [{ N: 3, M: 2 }, [3, 2, 4]],
    ]);
    expect(manifest.outputs[0].shape).toEqual([1, 2, 3]);
    const run = async (bind?: object, rows = 1) => {
      const model = await load({ bind });
      const { z } = await model.run({ a: new Float32Array(rows * 8) });
      return [...z];
    };
    expect(await run()).toEqual([1, 2, 3, 1, 2, 3]);
    expect(await run({ N: 3, M: 2 }, 3)).toEqual(Array(6).fill([1, 2, 3]).flat());
    await expect(run({ N: 2, M: 2 })).rejects.toThrow(
      'expected bind as one of {"N":1,"M":2}, {"N":3,"M":2}, found {"N":2,"M":2}',
    );
    const tsc = join(import.meta.dirname, '../../../node_modules/typescript-7/bin/tsc');
    writeFileSync(
      join(out, 'use.ts'),
      `import { load, manifest, shapes } from './net.js';
const model = await load({ bind: shapes[1]?.bind });
const { z } = await model.run({ a: new Float32Array(manifest.inputs[0]?.bytes ?? 0) });
z satisfies Float32Array;
// @ts-expect-error no size
await load({ bind: { N: 'many' } });
export {};
`,
    );
    const flags = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022'];
    const types = [
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
      '--lib',
      'es2022,dom',
      '--ignoreConfig',
    ];
    const checked = spawnSync(process.execPath, [tsc, ...flags, ...types, 'use.ts'], {
      cwd: out,
      encoding: 'utf8',
    });
    expect(checked.stdout).toBe('');
  });

  test.each([
    [
      'c',
      ['N=1', 'N=3', 'M=2'],
      '--bind gives N both 1 and 3, which goes with --target wgsl, wasm or web, found c',
    ],
    [
      'wgsl',
      ['N=1', 'N=3', 'N=4', 'M=2', 'M=5'],
      '--bind gives 3 sizes of N; expected as many of M, or one, found 2',
    ],
    ['wgsl', ['N=x'], '--bind expects NAME=SIZE, found "N=x"'],
  ])('refused: %s %s', (target, sizes, message) => {
    const { status, stderr } = compile(target, ...sizes);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});
