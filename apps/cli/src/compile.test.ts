import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const seed = join(models, 'modules/ghost_module_seed');
const folder = testFolder();
const ghostc = ghostcIn(folder);

describe('compile', () => {
  test.each([
    ['onnx', ['net.onnx']],
    ['c', ['net.c', 'net.h', 'net_weights.c']],
  ])('%s writes its files', (target, expected) => {
    const out = join(folder, `out-${target}`);
    const { status, stdout } = ghostc(
      'compile',
      join(seed, 'model.onnx'),
      '--target',
      target,
      '--out',
      out,
      '--name',
      'net',
      '--json',
    );
    expect(status).toBe(0);
    expect(readdirSync(out).sort()).toEqual(expected);
    const paths = JSON.parse(stdout).files.map((file: { path: string }) => file.path);
    expect(paths.sort()).toEqual(expected.map((name) => join(out, name)));
  });

  test('--labels puts names of classes into a package, one for each value of an output', async () => {
    const model = join(folder, 'labelled.gir');
    writeFileSync(model, 'graph @net(%a: f32[1,3])\n%y = relu %a\nreturn %y');
    const out = join(folder, 'out-labels');
    const compile = (text: string) => {
      writeFileSync(join(folder, 'labels.txt'), text);
      return ghostc(
        'compile',
        model,
        '--target',
        'wgsl',
        '--labels',
        'labels.txt',
        '--out',
        out,
        '--name',
        'net',
      );
    };
    expect(compile('tabby cat\r\nfox\r\nhen\r\n').status).toBe(0);
    expect((await import(pathToFileURL(join(out, 'net.js')).href)).labels).toEqual([
      'tabby cat',
      'fox',
      'hen',
    ]);
    const { status, stderr } = compile('cat\ndog\n');
    expect(status).toBe(2);
    expect(stderr).toContain('expected a label for each value of an output, y [1,3], found 2');
  });

  test('wgsl writes a manifest, weights and modules', () => {
    const out = join(folder, 'out-wgsl');
    expect(
      ghostc('compile', 'ghostnet:0.5@32/10', '--target', 'wgsl', '--out', out, '--name', 'net').status,
    ).toBe(0);
    const manifest = JSON.parse(readFileSync(join(out, 'net.wgsl.json'), 'utf8'));
    expect(manifest.format).toBe('ghostc-wgsl/2');
    expect(readFileSync(join(out, 'net.weights.bin')).length).toBe(manifest.weightBytes);
    for (const id of Object.keys(manifest.modules))
      expect(existsSync(join(out, `net.${id}.wgsl`))).toBe(true);
    for (const file of ['net.js', 'net.d.ts', 'net.html', 'ghostc-runtime.js'])
      expect(existsSync(join(out, file))).toBe(true);
  });

  test('the same model gives the same bytes', () => {
    const [a, b] = ['same-a', 'same-b'].map((name) => {
      const out = join(folder, name);
      ghostc('compile', 'ghostnet:0.5@32/10', '--target', 'c', '--out', out);
      return readdirSync(out).map((file) => [file, readFileSync(join(out, file)).toString('base64')]);
    });
    expect(a).toEqual(b);
  });

  test('symbolic dimensions need a size', () => {
    const dynamic = join(models, 'modules/ghost_module_seed_dyn/model.onnx');
    const refused = ghostc('compile', dynamic, '--target', 'c', '--out', join(folder, 'dyn'));
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('expected a size for every dimension (--bind NAME=SIZE)');
    expect(refused.stderr).toContain(`at ${dynamic}`);
    expect(existsSync(join(folder, 'dyn'))).toBe(false);
  });
});

describe('compile --max-ram', () => {
  const compile = (...args: readonly string[]) =>
    ghostc('compile', 'ghostnet:0.5@64/10', '--out', 'ram', ...args);

  test('computes layers in bands where the arena would be larger, and says so', () => {
    const plain = ghostc('compile', 'ghostnet:0.5@64/10', '--out', 'ram', '--target', 'c', '--json');
    const { stdout, stderr } = compile('--target', 'c', '--max-ram', '80K', '--json');
    expect(stderr).toBe('');
    const { memory } = JSON.parse(stdout);
    expect(JSON.parse(plain.stdout).memory).toMatchObject({ streams: [], arenaGapBytes: 0 });
    expect(memory.arenaBytes).toBeLessThanOrEqual(80 * 1024);
    expect(JSON.parse(plain.stdout).memory.arenaBytes).toBeGreaterThan(80 * 1024);
    expect(memory.streams.length).toBeGreaterThan(0);
  });

  test('says by how much it misses and which layer is to blame', () => {
    const { status, stdout, stderr } = compile('--target', 'c', '--max-ram', '2K', '--json');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /the smallest arena found takes \d+ bytes, \d+ more than the 2048 allowed; to blame: .* %/,
    );
    expect(stderr).toMatch(/note: \d+ bytes: (%|working memory)/);
    const { code, maxRam, arenaBytes, missingBytes, held } = JSON.parse(stdout).error;
    expect({ code, maxRam, missingBytes }).toEqual({
      code: 'backend-c/max-ram',
      maxRam: 2048,
      missingBytes: arenaBytes - 2048,
    });
    expect(held[0].bytes).toBeLessThanOrEqual(arenaBytes);
    expect(held[0].bytes).toBeGreaterThan(0);
  });

  test.each([
    [['--target', 'c', '--max-ram', 'lots'], /Expected a size in bytes/],
    [['--target', 'onnx', '--max-ram', '1M'], /--max-ram goes with --target c/],
  ])('%j is refused', (args, problem) => {
    const { status, stderr } = compile(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(problem);
  });
});

test('compile --target wgsl --fuse-ghost makes one dispatch of each Ghost module', () => {
  const dispatches = (...args: readonly string[]): number => {
    const folderOf = `fused${args.length}`;
    const compiled = ghostc(
      ...['compile', 'ghostnet:0.5@64/10', '--target', 'wgsl', '--name', 'net', '--out', folderOf],
      ...args,
    );
    expect(compiled).toMatchObject({ status: 0, stderr: '' });
    return JSON.parse(readFileSync(join(folder, folderOf, 'net.wgsl.json'), 'utf8')).dispatches.length;
  };
  expect(dispatches('--fuse-ghost')).toBeLessThan(dispatches());
});

test.each([
  ['onnx', ['--fuse-ghost'], 'c or wgsl or web'],
  ['onnx', ['--device', 'cortex-m4'], 'c'],
  ['wgsl', ['--layout', 'arduino'], 'c'],
  ['wgsl', ['--weights', 'bin'], 'c'],
  ['onnx', ['--weight-section', '.w'], 'c'],
  ['c', ['--matrices', 'f16'], 'wgsl or web'],
  ['onnx', ['--tuned'], 'wgsl or web'],
  ['c', ['--cache', 'x.json'], 'wgsl or web'],
])('compile --target %s %j is refused, not ignored', (target, args, targets) => {
  const { status, stderr } = ghostc('compile', seed, '--target', target, ...args, '--out', 'x');
  expect(status).toBe(2);
  expect(stderr).toContain(`${args[0]} goes with --target ${targets}, found ${target}`);
});
