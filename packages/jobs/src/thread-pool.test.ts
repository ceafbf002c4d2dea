import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompileError } from '@ghostc/ir';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runJobs } from './engine.ts';
import { type Job, jobId, type Outcome } from './job.ts';
import { type JobKind, jobThread } from './job-kind.ts';
import { openStore } from './open-store.ts';
import { ThreadPool } from './thread-pool.ts';

const store = mkdtempSync(join(tmpdir(), 'ghostc-jobs-'));
const file = join(import.meta.dirname, 'testing/thread.mjs');
let pool: ThreadPool;
let patient: ThreadPool;
beforeAll(async () => {
  pool = await ThreadPool.open({ file, threads: 2, limits: { seconds: 2, mebibytes: 1000 }, store });
  patient = await ThreadPool.open({ file, threads: 1, limits: { seconds: 600, mebibytes: 64 }, store });
});
afterAll(async () => {
  await pool.close();
  await patient.close();
  rmSync(store, { recursive: true, force: true });
});

const failure = async (kind: string, threads = pool): Promise<string> => {
  const outcome = await threads.run({ kind, params: null });
  return 'failed' in outcome ? outcome.failed.code : 'done';
};

test('a job that takes too long or dies fails by name, and the next one is done', async () => {
  expect(await failure('exit')).toBe('jobs/died');
  expect(await failure('spin')).toBe('jobs/time');
  expect(await pool.run({ kind: 'double', params: 4 })).toEqual({ result: 8 });
});

test.each(['arrays', 'heap'])('a job that takes too much memory in %s fails by name', async (kind) => {
  expect(await failure(kind, patient)).toBe('jobs/memory');
  expect(await patient.run({ kind: 'double', params: 5 })).toEqual({ result: 10 });
});

test('outcomes come in the order of the jobs, and what is stored is not done again', async () => {
  const jobs = [3, 1, 2, 3].map((params): Job => ({ kind: 'double', params }));
  const asked: Job[] = [];
  const engine = {
    run: (job: Job): Promise<Outcome> => {
      asked.push(job);
      return pool.run(job);
    },
    close: async () => {},
  };
  const told: Outcome[] = [];
  const all = (): Promise<void> =>
    runJobs(jobs, { engine, store: openStore(store), ahead: 2 }, (_, outcome) => told.push(outcome));
  await all();
  await all();
  const results = [6, 2, 4, 6].map((result) => ({ result }));
  expect(told).toEqual([...results, ...results]);
  expect(asked.length).toBeLessThanOrEqual(4);
});

test('a thread runs its own kinds of jobs and no others', async () => {
  const thread = jobThread(
    new Map<string, JobKind>([
      ['refuse', () => Promise.reject(new CompileError('some/code', 'why'))],
      ['three', () => 3],
    ]),
  );
  const run = (kind: string): Promise<Outcome> => thread({ job: { kind, params: null }, store });
  expect(await run('three')).toEqual({ result: 3 });
  expect(await run('refuse')).toEqual({ failed: { code: 'some/code', message: 'why' } });
  for (const kind of ['constructor', '../three', 'process.exit'])
    expect(await run(kind)).toMatchObject({ failed: { code: 'jobs/kind' } });
});

test('an id does not depend on the order of members', () => {
  expect(jobId({ kind: 'k', params: { a: 1, b: [2, { d: 3, c: null }] } })).toBe(
    jobId({ kind: 'k', params: { b: [2, { c: null, d: 3 }], a: 1 } }),
  );
});
