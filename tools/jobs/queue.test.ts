import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Json, QueueEngine } from '@ghostc/jobs';
import { skipWithout, tool } from '@ghostc/runtimes';
import { afterAll, expect, test } from 'vitest';
import { jobsBundle, queueName } from './jobs-bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'tools-queue-'));
const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const run = (file: string, ...args: readonly string[]): string[] => ['tools/build/run-ts.mjs', file, ...args];

async function startRedis(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  const args = ['--port', `${port}`, '--requirepass', 'secret', '--save', '', '--appendonly', 'no'];
  running.push(spawn('redis-server', args, { cwd: folder, stdio: 'ignore' }));
  return `redis://:secret@127.0.0.1:${port}`;
}

/** A worker that serves the queue. */
async function startWorker(place: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, run('tools/jobs/worker.ts', ...place), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}

async function outputOf(args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [...args], { maxBuffer: 2 ** 26 })).stdout;
}

test('the tools leave their work to workers: the same results, though one dies; what a job may not ask is refused', async (context) => {
  skipWithout([tool('redis-server')], 'a queue', context);
  const url = await startRedis();
  const place = ['--queue', url, '--store', join(folder, 'store')];
  const first = await startWorker(place);

  const what = ['--filter', 'relu', '--runtimes', 'interpreter,onnx', '--json'];
  const conformance = (name: string): string[] =>
    run('tools/conformance/run.ts', ...what, '--html', join(folder, name));
  const queued = outputOf([...conformance('queued.html'), ...place]);
  if (first.stdout) await once(first.stdout, 'data'); // a job is done: there is no other worker that could have it
  first.kill('SIGKILL');
  const second = await startWorker(place);
  expect(JSON.parse(await queued)).toEqual(JSON.parse(await outputOf(conformance('here.html'))));

  const models = run('tools/fuzz/onnx-differential.ts', '--count', '4', '--targets', 'interpreter', '--json');
  const fuzzed = JSON.parse(await outputOf([...models, ...place]));
  expect(fuzzed).toMatchObject({ graphs: 4, failures: [] });

  const engine = await QueueEngine.open({ url, name: queueName(jobsBundle().code) });
  const told = async (kind: string, params: Json): Promise<unknown> => {
    const outcome = await engine.run({ kind, params });
    return 'failed' in outcome ? `${outcome.failed.code}: ${outcome.failed.message}` : outcome;
  };
  const code = 'a'.repeat(64);
  const zoo = { sha256: code, input: 'picture', bind: {}, format: '.onnx', limit: 1 };
  expect(await told('shell', {})).toMatch('jobs/kind: there is no kind of job "shell"');
  expect(await told('zoo', { code, params: { ...zoo, format: '/etc/passwd' } })).toMatch(
    'jobs/params: job: format expects one of .onnx, .tflite, found "/etc/passwd"',
  );
  expect(await told('zoo', { code, params: zoo })).toMatch('jobs/store: expected a file of the hash aaa');
  await engine.close();

  second.kill('SIGTERM');
  expect((await once(second, 'exit'))[0]).toBe(0);
});
