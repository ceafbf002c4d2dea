import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const seed = join(models, 'modules/ghost_module_seed');
const folder = testFolder();
const ghostc = ghostcIn(folder);

describe('opt', () => {
  const text = `graph @g(%x: f32[1,3,4,4])
  const %w: f32[2,3,1,1] = [1, 2, 3, 4, 5, 6]
  %0 = conv2d %x, %w
  %1 = relu %0
  return %1
`;

  test('runs named passes over text, prints text, and reads back what it wrote', () => {
    writeFileSync(join(folder, 'block.gir'), text);
    const { status, stdout } = ghostc(
      'opt',
      'block.gir',
      '--pass',
      'fuse-activations',
      '--verify-each',
      '--print-after',
      'all',
    );
    expect(status).toBe(0);
    expect(stdout).toContain('# after fuse-activations');
    expect(stdout).toContain('activation="relu"');
    expect(ghostc('opt', join(seed, 'model.onnx'), '--out', 'seed.gir').status).toBe(0);
    expect(ghostc('verify', 'seed.gir', '--targets', 'c').status).toBe(0);
  });

  test('an unknown pass is named with those that there are', () => {
    const { status, stderr } = ghostc('opt', 'block.gir', '--pass', 'fold-everything');
    expect(status).toBe(2);
    expect(stderr).toContain('there is no pass fold-everything; there are');
  });
});
