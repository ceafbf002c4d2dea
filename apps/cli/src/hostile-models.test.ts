import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostileModels } from './testing/hostile-models.ts';
import { bundle } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const models = hostileModels(2000);
const names = ['bomb-concat-doubling-constant', 'bomb-symbolic-doubling', 'bomb-pad-1e10', 'chain-sigmoid'];

test.each(names)(
  '%s compiles to C, or gives one clear error, under 1 GB',
  (name) => {
    const file = join(folder, `${name}.onnx`);
    writeFileSync(file, models.get(name)?.() ?? new Uint8Array());
    const args = [bundle, 'compile', file, '--target', 'c', '--out', join(folder, name)];
    const { status, stderr } = spawnSync(process.execPath, ['--max-old-space-size=900', ...args], {
      encoding: 'utf8',
    });
    expect([0, 2]).toContain(status);
    expect(stderr).toMatch(status === 0 ? /^$/ : /^error\[[^\]]+\]: /);
  },
  120_000,
);
