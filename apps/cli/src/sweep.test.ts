import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { skipWithout, tool, wgslTools } from '@ghostc/runtimes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spread } from './evaluate/spread.ts';
import { fmnist, rankInPytorch } from './testing/fashion-mnist.ts';
import { bundle, ghostcIn, plainEnvironment } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const ghostc = ghostcIn(folder);
const running: ChildProcess[] = [];
afterAll(() => running.forEach((child) => child.kill('SIGKILL')));

/** A model that takes milliseconds: what is tested is what happens to points. */
const gir = (channels: number): string => `graph @net(%x: f32[1,3,8,8])
  const %w: f32[${channels},3,3,3] = random(1)
  %y = conv2d %x, %w {pads=[1, 1, 1, 1]}
  return %y
`;
const models = Array.from({ length: 12 }, (_, i) => `net${i + 1}.gir`);
const spec = {
  space: { model: models, bits: ['float', 'int8'], board: ['nrf52840', 'rp2040'] },
  objectives: ['ram', 'instructions', 'sqnr'],
  constraints: { ram: { max: 4000 } },
};
const POINTS = 48;

beforeAll(() => {
  models.forEach((name, i) => writeFileSync(join(folder, name), gir(i + 1)));
  writeFileSync(join(folder, 'spec.json'), JSON.stringify(spec));
});

const pointsOf = (out: string): string => readFileSync(join(folder, out, 'points.jsonl'), 'utf8');
const linesOf = (out: string): number =>
  existsSync(join(folder, out, 'points.jsonl')) ? pointsOf(out).split('\n').length - 1 : 0;

function started(command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess {
  const env = { ...plainEnvironment(), ...more };
  const child = spawn(command, args, { cwd: folder, env, stdio: 'ignore' });
  running.push(child);
  return child;
}

function start(...args: readonly string[]): ChildProcess {
  return started(process.execPath, [bundle, ...args]);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

test('a sweep has every point once, says which are best, and compiles one as it was measured', () => {
  const { status, stdout, stderr } = ghostc('sweep', 'spec.json', '--out', 'whole', '--json');
  expect([status, stderr]).toEqual([0, 'wrote whole/report.html\n']);
  const { points, front, failed } = JSON.parse(stdout);
  expect([points, failed]).toEqual([POINTS, []]);
  expect(new Set(pointsOf('whole').split('\n')).size).toBe(POINTS + 2);
  for (const { result } of front) expect(result.ram).toBeLessThanOrEqual(4000);
  expect(ghostc('sweep', 'spec.json', '--out', 'whole').stdout).toContain(`${POINTS} of them from before`);
  const { id, result } = front.find((one: { settings: { bits: string } }) => one.settings.bits === 'int8');
  expect(ghostc('sweep', 'spec.json', '--out', 'whole', '--compile', id).status).toBe(0);
  const header = readFileSync(join(folder, `whole/${id}/point_${id}.h`), 'utf8');
  expect(header).toMatch(new RegExp(`_ARENA_SIZE +${result.arena}\\b`, 'i'));
  const page = readFileSync(join(folder, 'whole/report.html'), 'utf8');
  expect(page).not.toMatch(/https?:\/\/|src=/);
});

test('accuracy on labelled data is that of PyTorch in float, and near it in int8', () => {
  const [ITEMS, CALIBRATING] = [40, 8];
  const data = {
    ...{ path: join(fmnist, 'test_images_u8_2000x28x28.bin'), shape: '2000x28x28', limit: ITEMS },
    ...{ labels: join(fmnist, 'test_labels_u8.bin'), mean: '0.2860', std: '0.3530' },
  };
  const trained = {
    space: {
      model: [join(fmnist, 'ghost_fmnist.onnx')],
      bits: ['float', 'int8'],
      board: ['nrf52840', 'rp2040'],
    },
    objectives: ['ram', 'accuracy'],
    constraints: { sqnr: { min: 10 } },
    data,
  };
  writeFileSync(join(folder, 'trained.json'), JSON.stringify(trained));
  const { status, stderr } = ghostc('sweep', 'trained.json', '--out', 'trained');
  expect([status, stderr]).toEqual([0, 'wrote trained/report.html\n']);
  const lines = pointsOf('trained').trim().split('\n').slice(1);
  const found = lines.map((line) => JSON.parse(line).result.accuracy);
  const calibrating = new Set(spread(ITEMS, CALIBRATING));
  const items = spread(2000, ITEMS).filter((_, i) => !calibrating.has(i));
  const right = items.filter((item) => rankInPytorch(item) === 0).length;
  const percent = (count: number): number => (100 * count) / items.length;
  expect(found.slice(0, 2)).toEqual([percent(right), percent(right)]);
  expect(found[2]).toBe(found[3]);
  expect(Math.abs(found[2] - found[0])).toBeLessThanOrEqual(percent(3));
});

test('a killed sweep goes on, and ends with the same bytes; another spec is refused', async () => {
  const child = start('sweep', 'spec.json', '--out', 'killed', '--threads', '1');
  await until(() => linesOf('killed') > 5);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(linesOf('killed')).toBeLessThan(POINTS);
  expect(ghostc('sweep', 'spec.json', '--out', 'killed').status).toBe(0);
  expect(pointsOf('killed')).toBe(pointsOf('whole'));
  writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...spec, objectives: ['ram'] }));
  const { status, stderr } = ghostc('sweep', 'other.json', '--out', 'killed');
  expect([status, stderr]).toEqual([2, expect.stringContaining('sweep/other')]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

function startRedis(port: number): ChildProcess {
  const args = ['--port', `${port}`, '--dir', join(folder, 'redis'), '--requirepass', 'secret'];
  return started('redis-server', [...args, '--save', '', '--appendonly', 'no']);
}

/** A server with the protocol of S3, and a bucket; gives what the AWS command would be told. */
async function startBucket(bucket: string): Promise<NodeJS.ProcessEnv> {
  const venv = join(import.meta.dirname, '../../../tools/build/python-venv.mjs');
  const packages = ['moto[s3]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.1'];
  const programs = execFileSync(process.execPath, [venv, ...packages], { encoding: 'utf8' });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = started(join(programs.trim(), 'moto_server'), ['--port', `${port}`]);
  const made = (): Promise<boolean> =>
    fetch(`${url}/${bucket}`, { method: 'PUT' }).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await made())) {
    if (server.exitCode !== null) throw new Error(`moto_server left with code ${server.exitCode}`);
    await pause(50);
  }
  const [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY] = ['test', 'secret'];
  return { AWS_ENDPOINT_URL: url, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
}

test('through a queue and a bucket it ends with the same bytes, though workers die and Redis forgets everything', async (context) => {
  skipWithout([tool('redis-server'), ...wgslTools], 'a queue', context);
  mkdirSync(join(folder, 'redis'));
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  const redis = startRedis(port);
  const bucket = await startBucket('sweeps');
  const store = ['--queue', url, '--store', 's3://sweeps/queued'];
  const run = (...args: readonly string[]): ChildProcess =>
    started(process.execPath, [bundle, ...args, ...store], bucket);
  const work = (): ChildProcess => run('worker');
  const [first, second] = [work(), work()];
  const sweep = run('sweep', 'spec.json', '--out', 'queued');
  await until(() => linesOf('queued') > 5);
  first?.kill('SIGKILL');
  await until(() => linesOf('queued') > 15);
  redis.kill('SIGKILL');
  await once(redis, 'exit');
  startRedis(port);
  const [code] = await once(sweep, 'exit');
  expect([code, pointsOf('queued')]).toEqual([0, pointsOf('whole')]);
  const net =
    'graph @net(%x: f32[1,8,6,6])\n  const %w: f32[8,8,1,1] = random(1)\n  %y = conv2d %x, %w\n  return %y\n';
  writeFileSync(join(folder, 'tuned.gir'), net);
  const tune = run('tune', 'tuned.gir', '--target', 'wgsl', '--rounds', '1', '--cache', 'tuned.json');
  expect((await once(tune, 'exit'))[0]).toBe(0);
  const { adapters } = JSON.parse(readFileSync(join(folder, 'tuned.json'), 'utf8'));
  expect(Object.keys(Object.values(adapters)[0] as object)).toEqual(['pointwise 8x8 36']);
  second?.kill('SIGTERM');
  expect((await once(second as ChildProcess, 'exit'))[0]).toBe(0);
});

test('a queue that is not there, and a wrong password, are refused without telling the password', () => {
  const { status, stderr } = ghostc(
    'sweep',
    'spec.json',
    '--out',
    'none',
    '--queue',
    'redis://u:hidden@127.0.0.1:1',
  );
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/jobs\/queue.*redis:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/),
  ]);
  expect(stderr).not.toContain('hidden');
});
