import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/**
 * Where tables of op names may stand: the ops themselves, kernels of the three targets, the readers that make ops of another
 * format's names, and what builds models or breaks engines on purpose.
 */
const allowed = [
  /^packages\/(ops|backend-c|backend-wgsl|backend-onnx|backend-tflite|onnx|tflite)\//,
  /\/(broken|testing|suites|generated)\/|-cases\.ts$|^tools\/bench\//,
  /^packages\/(validation|edit|conformance)\/src\/(random|batch)/,
];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(?!.*(node_modules|dist)\/).*(?<!\.test)\.ts$/.test(file))
    .map((file) => join(folder, file));
}

const files = ['packages', 'apps', 'tools'].flatMap(sources).map((file) => ({
  file: relative(root, join(root, file)),
  text: readFileSync(join(root, file), 'utf8'),
}));

/** Op names that are keys, or elements of an array or a set, on a line of their own. */
function namesOn(line: string): string[] {
  const key = /^\s*'?(\w+)'?: (?!string|number|readonly)/.exec(line)?.[1];
  const element = /^\s*'(\w+)',$/.exec(line)?.[1];
  const list = /(?:\(|= )\[('\w+'(?:, '\w+')*)\]/.exec(line)?.[1] ?? '';
  const names = [key, element, ...list.replaceAll("'", '').split(', ')];
  return names.filter((name) => name !== undefined && registry.has(name)) as string[];
}

/** Runs of lines in which at least four ops are named. */
function tablesIn(text: string): string[] {
  const found: string[] = [];
  let names = new Set<string>();
  for (const line of [...text.split('\n'), '']) {
    const here = namesOn(line);
    for (const name of here) names.add(name);
    if (here.length) continue;
    if (names.size >= 4) found.push([...names].join(' '));
    names = new Set();
  }
  return found;
}

test('no table of op names outside the ops and their kernels', () => {
  const tables = files
    .filter(({ file }) => !allowed.some((place) => place.test(file)))
    .flatMap(({ file, text }) => tablesIn(text).map((names) => `${file}: ${names}`));
  expect(tables).toEqual([]);
});

test('such a table is found', () => {
  expect(tablesIn("const set = new Set([\n  'relu',\n  'clip',\n  'tanh',\n  'silu',\n]);")).toHaveLength(1);
  expect(tablesIn("const set = new Set(['relu', 'clip', 'tanh', 'silu']);")).toHaveLength(1);
  expect(
    tablesIn('const rules = {\n  relu: exact,\n  clip: exact(1),\n  tanh: () => 1,\n  silu: f(),\n};'),
  ).toHaveLength(1);
});
