import { compileWgsl } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { createSession, openWeights, requestDevice, type Session } from '@ghostc/wgsl-runtime';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { dawnDevice, wgslTools } from './dawn-device.ts';
import { serveLocally } from './serve-locally.ts';

const program = compileWgsl(
  parseGraph(
    `graph @net(%x: f32[1,4], %k: i8[5,2] quant(0.5:0))
const %w: f32[4,4] = random(1)
%y = gemm %x, %w
%z = transpose %k {perm=[1,0]}
return %y, %z`,
    { registry },
  ),
);
const { manifest, weights } = program;
const inputs = (v: number) => ({ x: new Float32Array(4).fill(v), k: new Int8Array(10).fill(v) });

let device: GPUDevice;
let session: Session;
beforeAll(async () => {
  if (wgslTools.some((tool) => !tool.found())) return;
  device = await dawnDevice();
  session = await createSession(device, program);
});
afterAll(() => device?.destroy());
beforeEach((context) => skipWithout(wgslTools, 'wgsl', context));

test('a run has the inputs of its call, whatever the caller writes afterwards', async () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8];
  const shared = inputs(0);
  const set = (v: number): void => {
    shared.x.fill(v);
    shared.k.fill(v);
  };
  const runs = values.map((v) => {
    set(v);
    const run = session.run(shared);
    set(-99);
    return run;
  });
  const found = await Promise.all(runs);
  const oneByOne = [];
  for (const v of values) oneByOne.push(await session.run(inputs(v)));
  expect(found).toEqual(oneByOne);
  expect([...(found[2]?.z ?? [])]).toEqual(Array(10).fill(3));
});

test('so has a batch, and runs beside it', async () => {
  const batch = [1, 2, 3].map(inputs);
  const [first, second] = [session.runBatch(batch), session.run(batch[0] as ReturnType<typeof inputs>)];
  for (const { x, k } of batch) {
    x.fill(-9);
    k.fill(-9);
  }
  expect((await first).map(({ z }) => z?.[4])).toEqual([1, 2, 3]);
  expect((await second).z?.[0]).toBe(1);
});

test('and so has a run that waits for a new device; the program is loaded once for all who wait', async () => {
  const devices: GPUDevice[] = [];
  const own = await createSession(async () => {
    devices.push(await dawnDevice());
    return devices.at(-1) as GPUDevice;
  }, program);
  devices[0]?.destroy();
  await devices[0]?.lost;
  const given = [1, 2, 3].map(inputs);
  const runs = given.map((one) => own.run(one));
  for (const { k } of given) k.fill(-9);
  expect((await Promise.all(runs)).map(({ z }) => z?.[0])).toEqual([1, 2, 3]);
  expect(devices.length).toBe(2);
  own.dispose();
});

test('a signal ends the first loading, at any time, and none that follows a lost device', async () => {
  const { origin, close } = await serveLocally(() => weights);
  const controller = new AbortController();
  const { signal } = controller;
  const devices: GPUDevice[] = [];
  const source = async () => {
    devices.push(await dawnDevice());
    return devices.at(-1) as GPUDevice;
  };
  const own = await createSession(
    source,
    { manifest, weights: openWeights(`${origin}/w`, { signal }) },
    { signal },
  );
  controller.abort();
  devices[0]?.destroy();
  await devices[0]?.lost;
  expect((await own.run(inputs(3))).z?.[0]).toBe(3);
  expect(devices.length).toBe(2);
  own.dispose();
  const late = new AbortController();
  const options = { signal: late.signal, onProgress: () => late.abort(new Error('no longer wanted')) };
  await expect(createSession(source, program, options)).rejects.toThrow('no longer wanted');
  expect(await devices[2]?.lost).toMatchObject({ reason: 'destroyed' });
  close();
});

const x = new Float32Array(4);
const k = new Int8Array(10);

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'expected an object with data by input name, found undefined'],
  ['an array', x, 'expected an object with data by input name, found Float32Array'],
  ['a map', new Map([['x', x]]), 'expected an object with data by input name, found Map'],
  ['a wrong name', { x, k, q: x }, 'there is no input q; expected x, k'],
  ['a missing input', { x }, 'input k is missing'],
  ['null', { x: null, k }, 'input x is missing'],
  ['numbers', { x: [1, 2, 3, 4], k }, 'input x expects a Float32Array, found Array'],
  ['a number', { x: 1, k }, 'input x expects a Float32Array, found number'],
  ['another type', { x, k: new Uint8Array(10) }, 'input k expects an Int8Array, found Uint8Array'],
  ['doubles', { x: new Float64Array(4), k }, 'input x expects a Float32Array, found Float64Array'],
  ['a wrong length', { x, k: new Int8Array(11) }, 'input k expects 10 elements [5,2], found 11'],
])('refused in one error, and the session goes on: %s', async (_, given, message) => {
  await expect(session.run(given as never)).rejects.toThrow(message);
  await expect(session.runBatch([inputs(1), given as never])).rejects.toThrow(message);
  await expect(session.profile(given as never)).rejects.toThrow(message);
  expect((await session.run(inputs(1))).z?.[0]).toBe(1);
});

test('what is no batch, no device, no program or disposed is refused', async () => {
  await expect(session.runBatch({ x } as never)).rejects.toThrow(
    'net: expected an array of inputs, found Object',
  );
  await expect(createSession(undefined as never, program)).rejects.toThrow(
    'expected a GPUDevice or a function that gives one, found undefined',
  );
  const other = weights.buffer as never;
  await expect(createSession(device, { manifest, weights: other })).rejects.toThrow(
    'net: expected weights as a Uint8Array or a function, found ArrayBuffer',
  );
  const own = await createSession(device, program);
  const pending = own.run(inputs(1)).catch(({ message }: Error) => message);
  own.dispose();
  own.dispose();
  expect(await pending).toBe('net: the session is disposed');
  for (const call of [() => own.run(inputs(1)), () => own.runBatch([]), () => own.profile(inputs(1))])
    await expect(call()).rejects.toThrow('net: the session is disposed');
});

test('without WebGPU, or without an adapter, the error says so', async () => {
  await expect(requestDevice(manifest, null as never)).rejects.toThrow('there is no WebGPU here');
  const none = { requestAdapter: async () => null } as never as GPU;
  await expect(requestDevice(manifest, none)).rejects.toThrow('WebGPU has no adapter here: no GPU');
});

test('weights that are a page, damaged, cut, too long or missing are refused by name', async () => {
  const damaged = weights.slice();
  (damaged[9] as number) ^= 4;
  const longer = new Uint8Array([...weights, ...weights]);
  const files: Record<string, Uint8Array | string> = {
    '/right.bin': weights,
    '/page.html': '<!doctype html><title>an app</title>',
    '/damaged.bin': damaged,
    '/cut.bin': weights.subarray(4),
    '/longer.bin': longer,
  };
  const { origin, close } = await serveLocally((path) => files[path]);
  const load = (path: string) => createSession(device, { manifest, weights: openWeights(origin + path) });
  try {
    expect((await (await load('/right.bin')).run(inputs(2))).z?.[0]).toBe(2);
    await expect(load('/page.html')).rejects.toThrow(
      `${origin}/page.html: expected weights, found a page (text/html)`,
    );
    await expect(load('/none.bin')).rejects.toThrow(`${origin}/none.bin: 404 Not Found`);
    await expect(load('/cut.bin')).rejects.toThrow('net: expected 80 bytes of weights, found 76');
    await expect(load('/longer.bin')).rejects.toThrow('net: expected 80 bytes of weights, found more');
    const crc = manifest.weightCrc32?.toString(16).padStart(8, '0');
    const damage = `net: the weights are damaged or another program's: expected CRC-32 ${crc}, found `;
    await expect(load('/damaged.bin')).rejects.toThrow(damage);
    await expect(createSession(device, { manifest, weights: damaged })).rejects.toThrow(damage);
  } finally {
    close();
  }
  await expect(load('/right.bin')).rejects.toThrow(`${origin}/right.bin: cannot be fetched: `);
  expect(() => openWeights(5 as never)).toThrow('expected weights as a URL or a Uint8Array, found number');
});
