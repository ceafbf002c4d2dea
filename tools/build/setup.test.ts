import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const setup = pathToFileURL(join(import.meta.dirname, 'setup.mjs')).href;
const script = `import { run } from '${setup}';
await run(process.execPath, ['-e', 'console.log(String(process.pid)); setInterval(() => {}, 1000)']);`;

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s to a wrapper ends what it runs, with code %d', async (signal, expected) => {
  const wrapper = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [child] = await once(wrapper.stdout, 'data');
  wrapper.kill(signal);
  expect(await once(wrapper, 'exit')).toEqual([expected, null]);
  expect(() => process.kill(Number(child), 0)).toThrow('ESRCH');
});

test('packages of the repository name a version range of one another', () => {
  const root = join(import.meta.dirname, '../..');
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name, 'package.json')),
  );
  const files = [...folders, join(root, 'tools/package.json')].filter(existsSync);
  for (const file of files) expect(readFileSync(file, 'utf8'), file).not.toContain('"*"');
});

test('every file of tools that a script or a tool names is there', () => {
  const root = join(import.meta.dirname, '../..');
  const tools = readdirSync(join(root, 'tools'), { recursive: true, encoding: 'utf8' });
  const sources = tools.filter((name) => /\.(ts|mjs|py)$/.test(name)).map((name) => `tools/${name}`);
  const missing = ['package.json', '.ci/run', ...sources].flatMap((file) => {
    const named =
      readFileSync(join(root, file), 'utf8').match(/(?<![\w/.-])tools\/[\w/-]+\.(ts|mjs|py)\b/g) ?? [];
    return named.filter((name) => !existsSync(join(root, name))).map((name) => `${file}: ${name}`);
  });
  expect(missing).toEqual([]);
});
