import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { models, startedIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();

/** Two places that have as little as possible in common; the model is named by another path in each. */
const places = [
  { name: 'here', cwd: folder, env: { LANG: 'C', LC_ALL: 'C', TZ: 'UTC' }, from: (path: string) => path },
  {
    name: 'there',
    cwd: join(folder, 'some/other place'),
    env: {
      LANG: 'tr_TR.UTF-8',
      LC_ALL: 'tr_TR.UTF-8',
      TZ: 'Pacific/Kiritimati',
      COLUMNS: '40',
      USER: 'somebody',
    },
    from: (path: string) => relative(join(folder, 'some/other place'), path),
  },
];

function compile(model: string, target: string, { name, cwd, env, from }: (typeof places)[number]): string {
  mkdirSync(cwd, { recursive: true });
  const out = join(folder, `${name}-${target}`);
  rmSync(out, { recursive: true, force: true });
  const args =
    target === 'int8'
      ? ['quantize', from(model), '--seeded', '2', '--out', join(out, 'int8.onnx')]
      : ['compile', from(model), '--target', target, '--out', out];
  const { status, stderr } = startedIn(cwd, { PATH: process.env.PATH, ...env })(...args);
  expect({ status, stderr: status ? stderr : '' }).toEqual({ status: 0, stderr: '' });
  return out;
}

const cases = [
  ...['ghost_fmnist/ghost_fmnist.onnx', 'modules/ghost_module_ratio3_odd61/model.onnx'].flatMap((model) =>
    ['onnx', 'wgsl', 'c'].map((target) => ({ model, target })),
  ),
  { model: 'modules/ghost_module_ratio3/model.onnx', target: 'int8' },
];

/** Where an output of each target carries the hash of its source. */
const hashes: Readonly<Record<string, RegExp>> = {
  int8: /ghostc_source_sha256\W+([0-9a-f]{64})/,
  onnx: /ghostc_source_sha256\W+([0-9a-f]{64})/,
  wgsl: /"sourceHash": ?"([0-9a-f]{64})"/,
  c: /_SOURCE_SHA256 "([0-9a-f]{64})"/,
};

test.each(cases)('$model as $target has the same bytes in another locale, time zone and folder', (one) => {
  const [here, there] = places.map((place) => compile(join(models, one.model), one.target, place)) as [
    string,
    string,
  ];
  const names = readdirSync(here).sort();
  expect(names.length).toBeGreaterThan(0);
  expect(readdirSync(there).sort()).toEqual(names);
  for (const name of names)
    expect({ name, same: readFileSync(join(here, name)).equals(readFileSync(join(there, name))) }).toEqual({
      name,
      same: true,
    });
  const pattern = hashes[one.target] as RegExp;
  expect(names.some((name) => pattern.test(readFileSync(join(here, name), 'latin1')))).toBe(true);
});
