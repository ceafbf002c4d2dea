import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** How often a compile is killed: early, then at moments spread over the writing. */
const KILLS = Number(process.env.GHOSTC_KILLS ?? 16);

test(`a compile that is killed at ${KILLS} moments leaves the old output or the new one`, async () => {
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  const whole = await compileAndKill(1, a, NEVER);
  await compileAndKill(2, b, NEVER);
  const [old, fresh] = [state(a), state(b)];
  expect(old).not.toBe(fresh);
  const seen = new Set<string>();
  for (let i = 0; i < KILLS; i++) {
    const [seed, want] = i % 2 ? [1, old] : [2, fresh];
    const before = state(a);
    await compileAndKill(seed, a, (i < KILLS / 5 ? 0.2 + i * 0.05 : 0.7 + ((i * 37) % 40) / 80) * whole);
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

test("a link where the folder of a complete output is expected is refused, and moves nobody's files", () => {
  const [out, victim] = [join(folder, 'linked'), join(folder, 'victim')];
  mkdirSync(out);
  mkdirSync(victim);
  writeFileSync(join(victim, 'a.txt'), 'mine');
  symlinkSync(victim, join(out, '.ghostc-ready'));
  expect(() => writeFiles(out, new Map([['b.txt', '']]))).toThrow(/write\/link/);
  symlinkSync(victim, join(out, 'src'));
  rmSync(join(out, '.ghostc-ready'));
  expect(() => writeFiles(out, new Map([['src/net.c', '']]))).toThrow(/write\/link/);
  expect([readdirSync(victim), readdirSync(out)]).toEqual([['a.txt'], ['src']]);
});

test('a link among the files of a complete output is not followed', () => {
  const [out, secret] = [join(folder, 'inner-link'), join(folder, 'secret')];
  mkdirSync(join(out, '.ghostc-ready'), { recursive: true });
  mkdirSync(secret);
  writeFileSync(join(secret, 'key'), 'mine');
  symlinkSync(secret, join(out, '.ghostc-ready/src'));
  writeFiles(out, new Map([['b.txt', '']]));
  expect([readdirSync(secret), readdirSync(out)]).toEqual([['key'], ['b.txt']]);
});

test('while another process writes into the folder it is said so; one that has ended does not count', () => {
  const out = join(folder, 'busy');
  mkdirSync(out);
  writeFileSync(join(out, `.ghostc-lock-${process.ppid}`), '');
  expect(() => writeFiles(out, new Map([['a.txt', '']]))).toThrow(/write\/busy/);
  rmSync(join(out, `.ghostc-lock-${process.ppid}`));
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(join(out, `.ghostc-lock-${pid}`), '');
  writeFiles(out, new Map([['a.txt', '']]));
  expect(readdirSync(out)).toEqual(['a.txt']);
});

test('several compiles into one new folder at once leave one whole output', async () => {
  const out = join(folder, 'many/at/once');
  await Promise.all([1, 1, 1, 1].map((seed) => compileAndKill(seed, out, 600_000)));
  expect(readdirSync(out).sort()).toEqual(
    readdirSync(out)
      .filter((name) => !name.startsWith('.'))
      .sort(),
  );
  expect(readdirSync(out).some((name) => name.endsWith('.c'))).toBe(true);
}, 600_000);

test.each(['con', 'con.h', 'src/AUX.c', 'lpt1.txt', 'a.', 'a./b'])(
  'the name %j, which Windows cannot have, is refused',
  (name) => {
    expect(() => writeFiles(join(folder, 'windows'), new Map([[name, '']]))).toThrow(/no plain file name/);
  },
);

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
