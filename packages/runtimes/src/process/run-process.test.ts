import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProcess } from './run-process.ts';
import { makeTempFolder } from './temp-folder.ts';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
beforeAll(async () => {
  folder = await makeTempFolder();
});
afterAll(() => folder.remove());

const run = (command: string, args: readonly string[] = [], timeout = 60): Promise<string> =>
  runProcess(command, args, { cwd: folder.path, timeout });

const sh = (script: string, timeout?: number): Promise<string> => run('sh', ['-c', script], timeout);

test('what cannot be started says so at once', async () => {
  await expect(run('no-such-compiler')).rejects.toThrow(
    'no-such-compiler could not be started: there is no such program (ENOENT)',
  );
  const plain = join(folder.path, 'plain');
  await expect(run(plain)).rejects.toThrow('could not be started: there is no such file (ENOENT)');
  writeFileSync(plain, 'text');
  chmodSync(plain, 0o600);
  await expect(run(plain)).rejects.toThrow('could not be started: it may not be executed (EACCES)');
});

test.each(['SIGSEGV', 'SIGILL', 'SIGKILL'])('a process that dies of %s is said to', async (signal) => {
  await expect(sh(`kill -${signal.slice(3)} $$`)).rejects.toThrow(`sh died of ${signal}`);
});

test('work is limited, waiting as well, and arguments and codes pass', async () => {
  await expect(sh('while :; do :; done', 1)).rejects.toThrow('sh was stopped after 1 s of work');
  await expect(run('sleep', ['60'], 0.01)).rejects.toThrow('sleep was stopped after 0.2 s on the clock');
  expect(await run('printf', ['%s|', 'a b', '$c', "'d"])).toBe("a b|$c|'d|");
  await expect(sh('echo bad >&2; exit 3')).rejects.toThrow('sh left with code 3:\nbad');
});
