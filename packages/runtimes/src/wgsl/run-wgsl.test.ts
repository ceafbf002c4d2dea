import { f32 } from '@ghostc/ir';
import { createSession, pictureShader, type WgslManifest } from '@ghostc/wgsl-runtime';
import { beforeEach, describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { dawnDevice, wgslTools } from './dawn-device.ts';
import { checkWgsl, prepareWgsl, runWgsl } from './run-wgsl.ts';

const scale = `struct Params { source: i32, sink: i32, factor: f32 }
@group(0) @binding(2) var<uniform> params: Params;
@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  arena[params.sink + i] = params.factor * arena[params.source + i] + weights[i];
}`;

const scaleBy = (label: string, source: number, sink: number, factor: number) => ({
  label,
  module: 'scale',
  entryPoint: 'main',
  ints: { source, sink },
  floats: { factor },
  workgroups: [1, 1, 1] as const,
});

/** y = 3 (2x + w) + w */
const manifest: WgslManifest = {
  format: 'ghostc-wgsl/2',
  name: 'twice',
  arenaBytes: 48,
  weightBytes: 16,
  halfBytes: 0,
  inputs: [{ name: 'x', shape: [4], dtype: 'f32', offset: 0, bytes: 16 }],
  outputs: [
    { name: 'y', shape: [4], dtype: 'f32', offset: 32, bytes: 16 },
    { name: 'h', shape: [2, 2], dtype: 'f32', offset: 16, bytes: 16 },
  ],
  modules: { scale },
  variants: {},
  dispatches: [scaleBy('Mul_0', 0, 4, 2), scaleBy('Mul_1', 4, 8, 3)],
};
const weights = new Uint8Array(Float32Array.from([0, 1, 2, 3]).buffer);
const changed = (changes: Partial<WgslManifest>) => ({ manifest: { ...manifest, ...changes }, weights });

describe('on Dawn', () => {
  beforeEach((context) => skipWithout(wgslTools, 'wgsl', context));

  test('runs one set of inputs after another', async () => {
    const inputs = [
      [1, 2, 3, 4],
      [0, 0, 0, 0],
    ].map((x) => new Map([['x', f32([4], x)]]));
    const results = await runWgsl({ manifest, weights }, inputs);
    expect(results.map((outputs) => [...(outputs.get('y')?.data ?? [])])).toEqual([
      [6, 16, 26, 36],
      [0, 4, 8, 12],
    ]);
    expect(results[0]?.get('h')).toEqual(f32([2, 2], [2, 5, 8, 11]));
  });

  test('concurrent calls are queued', async () => {
    const { run, dispose } = await prepareWgsl({ manifest, weights });
    const starts = Array.from({ length: 20 }, (_, i) => i);
    const results = await Promise.all(starts.map((i) => run(new Map([['x', f32([4], [i, i, i, i])]]))));
    expect(results.map((outputs) => outputs.get('y')?.data[0])).toEqual(starts.map((i) => 6 * i));
    await dispose?.();
  });

  test.each([
    [
      'module and line',
      { modules: { scale: `${scale}\nfn wrong() -> f32 { return 1u; }` } },
      /^Mul_0: module scale, line 9:21: /,
    ],
    [
      'an unknown entry point',
      { dispatches: [{ ...scaleBy('Mul_0', 0, 4, 2), entryPoint: 'none' }] },
      /^Mul_0: .*none/s,
    ],
    [
      'a limit',
      { dispatches: [{ ...scaleBy('Mul_0', 0, 4, 2), workgroups: [70000, 1, 1] as const }] },
      'Mul_0: workgroups exceed maxComputeWorkgroupsPerDimension: 70000 > 65535',
    ],
    ['the arena', { arenaBytes: 2 ** 41 }, 'bytes of the arena exceed maxStorageBufferBindingSize: '],
  ])('a bad program is refused with %s', async (_, changes, message) => {
    await expect(prepareWgsl(changed(changes))).rejects.toThrow(message);
  });

  test('a wrong input is refused and the session goes on', async () => {
    const { run, dispose } = await prepareWgsl({ manifest, weights });
    await expect(run(new Map())).rejects.toThrow('input x is missing');
    await expect(run(new Map([['x', f32([3], [1, 2, 3])]]))).rejects.toThrow(
      'input x expects 4 elements [4], found 3',
    );
    expect((await run(new Map([['x', f32([4], [1, 1, 1, 1])]]))).get('y')?.data[0]).toBe(6);
    await dispose?.();
  });

  test('a lost device and a disposed session reject', async () => {
    const device = await dawnDevice();
    const input = { x: new Float32Array(4) };
    const disposed = await createSession(device, { manifest, weights });
    disposed.dispose();
    await expect(disposed.run(input)).rejects.toThrow('twice: the session is disposed');
    const session = await createSession(device, { manifest, weights });
    const pending = session.run(input);
    device.destroy();
    await expect(pending).rejects.toThrow('twice: the GPU device was lost');
    await expect(session.run(input)).rejects.toThrow('twice: the GPU device was lost');
  });

  test('a session with a source of devices goes on after a lost device', async () => {
    const devices: GPUDevice[] = [];
    const source = async (): Promise<GPUDevice> => {
      const device = await dawnDevice();
      devices.push(device);
      return device;
    };
    const session = await createSession(source, { manifest, weights });
    const input = { x: Float32Array.from([1, 2, 3, 4]) };
    expect([...((await session.run(input)).y ?? [])]).toEqual([6, 16, 26, 36]);
    devices[0]?.destroy();
    await devices[0]?.lost;
    expect([...((await session.run(input)).y ?? [])]).toEqual([6, 16, 26, 36]);
    expect(devices.length).toBe(2);
    session.dispose();
    await devices[1]?.lost;
  });

  test('a batch gives each its outputs, and weights may come as a stream in odd pieces', async () => {
    const device = await dawnDevice();
    const stream = async () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const [from, to] of [
            [0, 3],
            [3, 9],
            [9, 16],
          ])
            controller.enqueue(weights.subarray(from, to));
          controller.close();
        },
      });
    const session = await createSession(device, { manifest, weights: stream });
    const batch = [0, 1, 2, 3, 4].map((i) => ({ x: new Float32Array(4).fill(i) }));
    const results = await session.runBatch(batch);
    expect(results.map(({ y }) => y?.[0])).toEqual([0, 6, 12, 18, 24]);
    expect(await session.runBatch([])).toEqual([]);
    await expect(session.runBatch([...batch, {}])).rejects.toThrow('input x is missing');
    device.destroy();
  });

  test('a stream that is too short is refused', async () => {
    const device = await dawnDevice();
    const short = async () => new Blob([weights.subarray(0, 12)]).stream();
    await expect(createSession(device, { manifest, weights: short })).rejects.toThrow(
      'expected 16 bytes of weights, found 12',
    );
    device.destroy();
  });

  test('profile gives the time of each dispatch', async () => {
    const device = await dawnDevice();
    const session = await createSession(device, { manifest, weights });
    const times = await session.profile({ x: new Float32Array(4) });
    expect(times.map(({ label }) => label)).toEqual(['Mul_0', 'Mul_1']);
    expect(times.every(({ nanoseconds }) => nanoseconds >= 0)).toBe(true);
    device.destroy();
  });

  test('a module is compiled once', async () => {
    const device = await dawnDevice();
    const seen: string[] = [];
    const same = changed({
      dispatches: [scaleBy('Mul_0', 0, 4, 2), scaleBy('Mul_1', 4, 8, 3), scaleBy('Mul_2', 0, 4, 2)],
    });
    await createSession(device, same, { onProgress: (done, total) => seen.push(`${done}/${total}`) });
    device.destroy();
    expect(seen).toEqual(['1/1']);
  });
});

test('Tint checks a module without a driver', async () => {
  const [none, one] = await checkWgsl([scale, 'fn f() -> f32 {\n  return 1u;\n}']);
  expect(none).toEqual([]);
  expect(one?.[0]).toMatch(/^2:\d+: .*u32/);
});

test.each(['moving', 'still'] as const)('Tint accepts the shader of a %s picture', async (kind) => {
  expect(await checkWgsl([pictureShader(kind)])).toEqual([[]]);
});
