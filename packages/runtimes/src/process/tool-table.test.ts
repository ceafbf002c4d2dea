import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { installLines } from './install-command.ts';
import { loadPackage } from './load-package.ts';
import table from './tool-table.json';
import { tool, toolIds } from './tool-table.ts';

afterEach(() => vi.unstubAllEnvs());

test('npm packages of the table have the range of the packages that ask for them', () => {
  const table = Object.fromEntries(
    toolIds.flatMap((id) => (tool(id).packages.npm ?? []).map((one) => [id, one.slice(id.length + 1)])),
  );
  for (const file of ['packages/runtimes/package.json', 'apps/ghostc/package.json']) {
    const { peerDependencies } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../../..', file), 'utf8'),
    );
    expect(peerDependencies, file).toEqual(table);
  }
});

test('commands that install are those of the package manager, npm, and pages for the rest', () => {
  const missing = [tool('qemu-system-arm'), tool('picolibc'), tool('webgpu')];
  expect(installLines(missing, 'apt')).toEqual([
    'apt-get install -y --no-install-recommends qemu-system-arm picolibc-riscv64-unknown-elf',
    'npm install webgpu@0.6.2',
  ]);
  expect(installLines(missing, 'brew')).toEqual([
    'brew install qemu',
    'npm install webgpu@0.6.2',
    'picolibc for riscv64-unknown-elf from https://github.com/picolibc/picolibc/releases',
  ]);
});

test('what is there is found: a variable, a package', async () => {
  vi.stubEnv('CHROMIUM_PATH', '/some/chromium');
  expect(tool('chromium').found()).toBe(true);
  vi.stubEnv('CHROMIUM_PATH', '');
  vi.stubEnv('PATH', '');
  expect(tool('chromium').found()).toBe(false);
  expect(tool('esbuild').found()).toBe(true);
  expect(await loadPackage<typeof import('esbuild')>('esbuild', 'a test')).toHaveProperty('build');
});

test('every tool of the table is listed', () => {
  expect([...toolIds].sort()).toEqual(Object.keys(table).sort());
});

test('finds every npm package that is installed for development', () => {
  const ids = toolIds.filter((id) => tool(id).packages.npm);
  expect(ids.filter((id) => !tool(id).found())).toEqual([]);
});
