import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel, encodeModel } from '@ghostc/onnx';
import { describe, expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const seed = join(models, 'modules/ghost_module_seed');
const folder = testFolder();
const ghostc = ghostcIn(folder);

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
