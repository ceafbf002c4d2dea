import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documents } from './documents.ts';
import { errorAdvice } from './error-advice.ts';
import { errorCodes } from './error-codes.ts';
import { exportedNames } from './exported-names.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const allText = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');

test.each(Object.keys(documents))('%s is current (npm run docs:write)', (path) => {
  expect(read(path).trimEnd()).toBe(documents[path]?.(root).trimEnd());
});

test('every error code has advice in tools/docs/error-advice.ts, and no advice is left over', () => {
  expect(Object.keys(errorAdvice).sort()).toEqual(errorCodes(root));
});

test('the options that the advice names exist', () => {
  const named =
    Object.values(errorAdvice)
      .join(' ')
      .match(/--[a-z][\w-]+/g) ?? [];
  const help = ['apps/cli/src', 'packages/runtimes/src']
    .map((folder) => allText(join(root, folder)))
    .join('\n');
  expect(named.filter((option) => !new RegExp(`'${option}[ ',]`).test(help))).toEqual([]);
});

// "compared with" and "not available" are what these mean.
const refusedWords = /\bheld against\b|\bcannot be had\b/;

test.each(['docs', 'packages', 'apps', 'tools'])('%s has no refused words', (folder) => {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      /\.(md|ts|mjs|py|yaml)$/.test(file) &&
      !/node_modules|\bdist\b|docs\/pages\/|documents\.test\.ts/.test(file),
  );
  expect(files.filter((file) => refusedWords.test(read(join(folder, file))))).toEqual([]);
});

test('ARCHITECTURE.md stays within 1,200 words', () => {
  expect(
    read('ARCHITECTURE.md')
      .split(/\s+/)
      .filter((word) => /\w/.test(word)).length,
  ).toBeLessThanOrEqual(1200);
});

const documented = ['ir', 'ops', 'passes', 'edit', 'compiler', 'conformance', 'quant'];

test.each(documented)('every exported name of %s has a docstring, which says what it throws', (name) => {
  const names = exportedNames(join(root, 'packages', name, 'src/index.ts'));
  const bare = names.filter(({ doc }) => doc === '').map((one) => `${one.file}: ${one.name}`);
  const silent = names.filter(({ doc, throws }) => throws && !/\bthrow|\brefuse/i.test(doc));
  expect([...bare, ...silent.map((one) => `${one.file}: ${one.name} throws`)]).toEqual([]);
});
