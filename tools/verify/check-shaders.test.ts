import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineTools, skipWithout } from '@ghostc/runtimes';
import { expect, test } from 'vitest';

test('a shader that Tint or naga rejects is an error', async (context) => {
  skipWithout(engineTools.deno, 'naga', context);
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-shaders-'));
  try {
    writeFileSync(join(folder, 'wrong.wgsl'), 'fn f() -> f32 { return 1u; }');
    const script = join(import.meta.dirname, 'check-shaders.ts');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, '../build/run-ts.mjs'), script, folder],
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/Tint: 2 of 3 .*\nnaga: 1 of 2 .* 0 with subgroups, 1 with texture_external/);
    expect(stderr).toMatch(/Tint, wrong.wgsl: 1:\d+: .*\nnaga, wrong.wgsl: /s);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
