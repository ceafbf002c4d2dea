import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'build/examples');
mkdirSync(folder, { recursive: true });

/** Each README's example prints what the comments after its `console.log` say. */
test.each(readdirSync(join(root, 'packages')))('the example of %s runs', async (name) => {
  const page = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
  expect(expected.length).toBeGreaterThan(0);
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, code);
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...words) => void printed.push(words.join(' ')));
  await import(pathToFileURL(file).href).finally(() => log.mockRestore());
  expect(printed).toEqual(expected);
});
