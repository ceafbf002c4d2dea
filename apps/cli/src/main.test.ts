import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeModel, encodeModel } from '@ghostc/onnx';
import { afterAll, describe, expect, test } from 'vitest';
import { ghostcIn, models, plainEnvironment } from './testing/run-ghostc.ts';

const fmnist = join(models, 'ghost_fmnist');
const seed = join(models, 'modules/ghost_module_seed');
const folder = mkdtempSync(join(tmpdir(), 'ghostc-cli-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ghostc = ghostcIn(folder);

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
  ['onnx', ['--fuse-ghost'], 'c or wgsl'],
  ['onnx', ['--device', 'cortex-m4'], 'c'],
  ['wgsl', ['--layout', 'arduino'], 'c'],
  ['wgsl', ['--weights', 'bin'], 'c'],
  ['onnx', ['--weight-section', '.w'], 'c'],
  ['c', ['--matrices', 'f16'], 'wgsl'],
  ['onnx', ['--tuned'], 'wgsl'],
  ['c', ['--cache', 'x.json'], 'wgsl'],
])('compile --target %s %j is refused, not ignored', (target, args, targets) => {
  const { status, stderr } = ghostc('compile', seed, '--target', target, ...args, '--out', 'x');
  expect(status).toBe(2);
  expect(stderr).toContain(`${args[0]} goes with --target ${targets}, found ${target}`);
});

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
    expect(existsSync(join(folder, 'dyn'))).toBe(false);
  });
});

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
    for (const one of targets) expect(one.maxRel).toBeLessThan(one.tolerance);
    for (const one of targets) expect(one.maxAbs).toBeGreaterThanOrEqual(0);
  });

  test('seeded inputs where there is no data', () => {
    expect(ghostc('verify', join(seed, 'model.onnx'), '--targets', 'onnx,c').status).toBe(0);
    expect(ghostc('verify', 'ghostnet:0.5@32/10', '--targets', 'onnx,c').status).toBe(0);
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

  test('every dynamic shape of the data is compiled for', () => {
    const dynamic = join(models, 'modules/ghost_module_seed_dyn');
    expect(
      ghostc('verify', join(dynamic, 'model.onnx'), '--data', dynamic, '--targets', 'onnx,c').status,
    ).toBe(0);
  });
});

describe('inspect', () => {
  test('tells a GhostNet before and after', () => {
    const { before, after } = JSON.parse(ghostc('inspect', 'ghostnet:1.0', '--json').stdout);
    expect(before).toMatchObject({ params: 5_182_508, macs: 141_150_512 });
    expect(before.ops.batch_norm).toBe(80);
    expect(after).toMatchObject({ macs: 141_150_512, ghostModules: 32 });
    for (const op of ['batch_norm', 'concat', 'slice']) expect(after.ops[op]).toBeUndefined();
    expect(after.peakArenaBytes).toBeLessThanOrEqual(3_813_376);
  });
});

interface Proto {
  graph: {
    node: { name: string; op_type: string; input: string[]; output: string[] }[];
    initializer: Record<string, unknown>[];
  };
}

/** A copy of the seed model, changed. */
function changed(name: string, change: (model: Proto) => void): string {
  const model = decodeModel(readFileSync(join(seed, 'model.onnx'))) as unknown as Proto;
  change(model);
  const file = join(folder, name);
  writeFileSync(file, encodeModel(model));
  return file;
}

function external(location: string): (model: Proto) => void {
  return ({ graph }) => {
    const [first] = graph.initializer;
    Object.assign(first ?? {}, {
      raw_data: new Uint8Array(),
      data_location: 1,
      external_data: [{ key: 'location', value: location }],
    });
  };
}

describe('bad input gives one clear error, exit code 2, and no output', () => {
  const bytes = readFileSync(join(seed, 'model.onnx'));
  const file = (name: string, content: Uint8Array | string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  mkdirSync(join(folder, 'inner'), { recursive: true });
  writeFileSync(join(folder, 'secret'), new Uint8Array(1000));
  symlinkSync(join(folder, 'secret'), join(folder, 'inner/link.bin'));
  linkSync(join(folder, 'secret'), join(folder, 'inner/hard.bin'));

  const cases: [string, () => string, string[]][] = [
    [
      'a truncated file',
      () => file('cut.onnx', bytes.subarray(0, bytes.length >> 1)),
      ['onnx/decode', 'cut.onnx'],
    ],
    ['text renamed', () => file('text.onnx', 'This is no model.\n'), ['onnx/decode', 'text.onnx']],
    ['an empty file', () => file('empty.onnx', ''), ['onnx/decode', 'empty.onnx', 'empty file']],
    ['a missing file', () => join(folder, 'none.onnx'), ['file/missing', 'none.onnx']],
    [
      'an unknown op',
      () => changed('op.onnx', ({ graph }) => Object.assign(graph.node[1] ?? {}, { op_type: 'Frobnicate' })),
      ['onnx/unknown-op', 'Frobnicate', 'op.onnx'],
    ],
    [
      'a cycle',
      () =>
        changed('cycle.onnx', ({ graph }) => {
          const nodes = graph.node.filter((node) => node.op_type !== 'Constant');
          (nodes[0] as Proto['graph']['node'][number]).input[0] = nodes.at(-2)?.output[0] ?? '';
        }),
      ['onnx/cycle', 'cycle.onnx'],
    ],
    [
      'a shape mismatch',
      () =>
        changed('shape.onnx', ({ graph }) => {
          const w = graph.initializer.find((one) => (one.dims as unknown[]).length === 4) as {
            dims: unknown[];
          };
          w.dims = [w.dims[1], w.dims[0], w.dims[2], w.dims[3]];
        }),
      ['shape.onnx', 'conv2d'],
    ],
    [
      'external data above the folder',
      () => changed('escape.onnx', external('../../secret')),
      ['onnx/external-data', '../../secret', 'escape.onnx'],
    ],
    [
      'external data inside and out again',
      () => changed('escape2.onnx', external('a/../../secret')),
      ['onnx/external-data'],
    ],
    [
      'external data at an absolute path',
      () => changed('absolute.onnx', external('/etc/passwd')),
      ['onnx/external-data', 'absolute path'],
    ],
    [
      'external data behind a symlink',
      () => changed('inner/link.onnx', external('link.bin')),
      ['onnx/external-data', "leads out of the model's folder"],
    ],
    [
      'external data behind a hard link',
      () => changed('inner/hard.onnx', external('hard.bin')),
      ['onnx/external-data', 'hard link'],
    ],
    [
      'broken text',
      () => file('broken.gir', 'graph @g(%x: f32[2])\n  %0 = relu %y\n  return %0\n'),
      ['broken.gir:2', '%y is not defined'],
    ],
    ['an unknown spec', () => 'ghostnet:huge', ['ghostnet/spec']],
  ];

  test.each(cases)('%s', (_, make, expected) => {
    const out = join(folder, 'must-not-exist');
    const { status, stderr, stdout } = ghostc('compile', make(), '--target', 'c', '--out', out);
    expect(stdout).toBe('');
    expect(status).toBe(2);
    for (const text of expected) expect(stderr).toContain(text);
    expect(stderr.match(/error\[/g)).toHaveLength(1);
    expect(stderr).not.toContain('    at ');
    expect(existsSync(out)).toBe(false);
  });
});

test.each([
  {
    what: 'a wrong choice',
    args: ['compile', 'm.onnx', '--target', 'c', '--device', 'z80', '--out', 'o'],
    status: 2,
  },
  { what: 'a missing option', args: ['compile', 'm.onnx'], status: 2 },
  { what: 'an unknown command', args: ['frobnicate'], status: 2 },
  { what: '--help', args: ['compile', '--help'], status: 0 },
  { what: '--version', args: ['--version'], status: 0 },
])('usage: $what leaves with $status', ({ args, status }) => {
  expect(ghostc(...args).status).toBe(status);
});

test('colours only where they are wanted', () => {
  const found = (env: NodeJS.ProcessEnv) =>
    ghostcIn(folder, { ...plainEnvironment(), ...env })('inspect', 'none.onnx').stderr.includes('\x1b[');
  expect(found({})).toBe(false);
  expect(found({ NO_COLOR: undefined, FORCE_COLOR: '1' })).toBe(true);
  expect(found({ FORCE_COLOR: '1' })).toBe(false);
});
