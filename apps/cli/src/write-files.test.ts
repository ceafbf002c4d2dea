import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';
import { finishInterrupted, writeFiles } from './write-files.ts';

const folder = testFolder();

/** Names and content of the visible files, as one hash. */
function state(out: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(out)
    .filter((one) => !one.startsWith('.'))
    .sort())
    hash.update(name).update(readFileSync(join(out, name)));
  return hash.digest('hex');
}

/** Milliseconds: an hour. */
const NEVER = 3_600_000;

/** Runs the command and kills it after so many milliseconds; tells how long it lived if it was not killed. */
function compileAndKill(seed: number, out: string, after: number): Promise<number> {
  const start = performance.now();
  const args = [
    bundle,
    'compile',
    'ghostnet:0.1@32/10',
    '--target',
    'c',
    '--seed',
    String(seed),
    '--out',
    out,
  ];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), after);
  return new Promise((done) => {
    child.on('exit', () => {
      clearTimeout(timer);
      done(performance.now() - start);
    });
  });
}

test('a compile that is killed at 50 moments leaves the old output or the new one', async () => {
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  const whole = await compileAndKill(1, a, NEVER);
  await compileAndKill(2, b, NEVER);
  const [old, fresh] = [state(a), state(b)];
  expect(old).not.toBe(fresh);
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const [seed, want] = i % 2 ? [1, old] : [2, fresh];
    const before = state(a);
    await compileAndKill(seed, a, (i < 10 ? 0.2 + i * 0.05 : 0.7 + ((i * 37) % 40) / 80) * whole);
    const after = state(a);
    if (after !== before && after !== want) finishInterrupted(a); // killed between two renames
    expect([before, want]).toContain(state(a));
    seen.add(state(a) === before && before !== want ? 'old' : 'new');
  }
  expect([...seen].sort()).toEqual(['new', 'old']);
});

test('a complete output that was not yet in place is put there by the next run', () => {
  const out = join(folder, 'ready');
  mkdirSync(join(out, '.ghostc-ready'), { recursive: true });
  writeFileSync(join(out, 'a.txt'), 'old');
  writeFileSync(join(out, '.ghostc-ready/a.txt'), 'new');
  writeFiles(out, new Map([['b.txt', 'other']]));
  expect(readdirSync(out).sort()).toEqual(['a.txt', 'b.txt']);
  expect(readFileSync(join(out, 'a.txt'), 'utf8')).toBe('new');
});

test.each(['../x', 'a/../../b', '/abs', 'a//b', 'a/.b', '.hidden', '..', 'a\\b', ''])(
  'the name %j is refused, and nothing is written',
  (name) => {
    const out = join(folder, 'refused');
    expect(() => writeFiles(out, new Map([[name, '']]))).toThrow(/no plain file name/);
  },
);

test('folders below the output are made', () => {
  const out = join(folder, 'nested');
  writeFiles(
    out,
    new Map([
      ['src/net.c', 'code'],
      ['library.properties', 'name=net'],
    ]),
  );
  expect(readdirSync(out).sort()).toEqual(['library.properties', 'src']);
  expect(readFileSync(join(out, 'src/net.c'), 'utf8')).toBe('code');
});
