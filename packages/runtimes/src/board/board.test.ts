import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interpreterRuntime, runEach, seededInputs, type Tensors } from '@ghostc/conformance';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { afterEach, expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { onPath } from '../process/on-path.ts';
import { skipWithout, type Tool } from '../process/require-tool.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { type Board, openBoard } from './open-board.ts';
import {
  hostBoard,
  qemuBoard,
  type RunningBoard,
  startFirmware,
  weightFile,
} from './testing/emulated-board.ts';

/** Integers, so that every byte is known; 700 bytes of input are more than a frame has. */
const graph = () =>
  parseGraph(
    `graph @net(%x: i8[1,3,16,16] quant(0.05:0))
%y = max_pool %x {kernel_shape=[2,2], strides=[2,2]}
%z = max_pool %y {kernel_shape=[2,2], strides=[2,2]}
%a = dequantize_linear %z
%b = sigmoid %a
return %b`,
    { registry },
  );

const weighted = () =>
  parseGraph(
    `graph @net(%x: f32[1,4,12,12])
const %w: f32[8,4,3,3] = random(1)
%a = conv2d %x, %w {pads=[1,1,1,1]}
%b = max_pool %a {kernel_shape=[2,2], strides=[2,2]}
%y = sigmoid %b
return %y`,
    { registry },
  );

type Model = ReturnType<typeof graph>;

const running: RunningBoard[] = [];
const folders: Awaited<ReturnType<typeof makeTempFolder>>[] = [];
afterEach(async () => {
  for (const board of running.splice(0)) await board.stop();
  for (const folder of folders.splice(0)) await folder.remove();
});

async function onHost(model: Model, options: Parameters<typeof hostBoard>[2] = {}): Promise<RunningBoard> {
  const folder = await makeTempFolder();
  folders.push(folder);
  const board = await hostBoard(model, folder.path, options);
  running.push(board);
  return board;
}

async function onBoard<T>(
  path: string,
  model: Model,
  work: (board: Board) => Promise<T>,
  timeout = 3,
): Promise<T> {
  const board = await openBoard(model, { path, baud: 115200, timeout });
  try {
    return await work(board);
  } finally {
    board.close();
  }
}

async function expected(model: Model, inputs: Tensors): Promise<Tensors> {
  const [outputs] = await runEach(interpreterRuntime.prepare(model), [inputs]);
  return outputs ?? new Map();
}

function expectNear(actual: Tensors, wanted: Tensors): void {
  expect(actual.size).toBe(wanted.size);
  for (const [name, { data }] of wanted) {
    const found = Array.from(actual.get(name)?.data ?? [], Number);
    expect(found.length).toBe(data.length);
    found.forEach((value, i) => {
      expect(Math.abs(value - Number(data[i]))).toBeLessThan(1e-5);
    });
  }
}

const host = cDevice('host').tools;
const cmake: Tool = { name: 'cmake', found: () => onPath('cmake'), packages: { apt: ['cmake'] } };

test.for(['cortex-m4', 'cortex-m55', 'rv32'] as const)(
  '%s in QEMU runs, pauses at layers and counts',
  { timeout: 300_000 },
  async (device, context) => {
    skipWithout([...cDevice(device).tools, cmake], 'the firmware', context);
    const model = weighted();
    const folder = await makeTempFolder();
    folders.push(folder);
    const emulated = await qemuBoard(model, folder.path, { device });
    running.push(emulated);
    const inputs = seededInputs(model, 1);
    const wanted = await expected(model, inputs);
    await onBoard(
      emulated.path,
      model,
      async (board) => {
        expectNear(await board.run(inputs), wanted);
        const { outputs, layers } = await board.runLayers(inputs);
        expectNear(outputs, wanted);
        expect(layers.size).toBe(board.program.layers.length);
        const { unit, layers: costs } = await board.profile(inputs);
        expect([unit, costs.map(({ op }) => op)]).toEqual(['ticks', ['conv2d', 'max_pool', 'sigmoid']]);
        for (const { cost } of costs) expect(cost).toBeGreaterThan(0);
      },
      20,
    );
    await emulated.stop();
    await expect(onBoard(emulated.path, model, (board) => board.run(inputs))).rejects.toThrow(
      /error\[board\/port\]/,
    );
  },
);

test.for([
  ['cortex-m4', 'fetch'],
  ['cortex-m55', 'external'],
  ['rv32', 'fetch'],
] as const)(
  '%s in QEMU, weights %s: a damaged file is status 4, a port that closes in a run one error',
  {
    timeout: 300_000,
  },
  async ([device, weights], context) => {
    skipWithout([...cDevice(device).tools, cmake], 'the firmware', context);
    const model = weighted();
    const folder = await makeTempFolder();
    folders.push(folder);
    const whole = await qemuBoard(model, folder.path, { device, weights });
    running.push(whole);
    const inputs = seededInputs(model, 1);
    const wanted = await expected(model, inputs);
    await onBoard(
      whole.path,
      model,
      async (board) => {
        expectNear(await board.run(inputs), wanted);
        const cut = board.runLayers(inputs);
        await whole.stop();
        await expect(cut).rejects.toThrow(/^error\[board\/cut\]: [^\n]*\n {2}at \S+$/);
      },
      20,
    );
    const file = join(folder.path, weightFile);
    const bytes = readFileSync(file);
    bytes[100] = (bytes[100] ?? 0) ^ 4;
    writeFileSync(file, bytes);
    const damaged = await startFirmware(folder.path, device);
    running.push(damaged);
    await expect(onBoard(damaged.path, model, (board) => board.run(inputs), 20)).rejects.toThrow(
      'net ended with status 4 (the weights have another size or CRC-32), before the first layer; expected status 0',
    );
  },
);

test('every layer is read as the interpreter has it, and a board that speaks first is understood', async (context) => {
  skipWithout(host, 'c', context);
  const model = graph();
  const { path } = await onHost(model, { faults: { SAYS: 'boot: ok\n' } });
  const inputs = seededInputs(model, 1);
  const { layers, outputs } = await onBoard(path, model, (board) => board.runLayers(inputs));
  expectNear(outputs, await expected(model, inputs));
  const inside = graph();
  const values = [...inside.nodes()].map(({ output }) => output);
  for (const value of values) if (layers.has(value.name)) inside.addOutput(`layer ${value.name}`, value);
  const wanted = await expected(inside, inputs);
  expect(layers.size).toBeGreaterThan(1);
  for (const [name, tensor] of layers) {
    const right = wanted.get(`layer ${name}`);
    if (tensor.dtype === 'i8') expect(tensor.data).toEqual(right?.data);
    else expectNear(new Map([[name, tensor]]), new Map(right && [[name, right]]));
  }
});

test('frames that are damaged are asked for again', async (context) => {
  skipWithout(host, 'c', context);
  const model = graph();
  const { path } = await onHost(model, { faults: { NOISE: '997' } });
  const inputs = seededInputs(model, 1);
  const wanted = await expected(model, inputs);
  await onBoard(path, model, async (board) => {
    for (let i = 0; i < 20; i++) expectNear(await board.run(inputs), wanted);
  });
});

test('a cable that is plugged in again within a run changes nothing', async (context) => {
  skipWithout(host, 'c', context);
  const model = graph();
  const { path } = await onHost(model, { faults: { REPLUG: '2' } });
  const inputs = seededInputs(model, 1);
  const { outputs, layers } = await onBoard(path, model, (board) => board.runLayers(inputs));
  expectNear(outputs, await expected(model, inputs));
  expect(layers.size).toBeGreaterThan(1);
});

test('a board that is reset starts over, once', async (context) => {
  skipWithout(host, 'c', context);
  const model = graph();
  const inputs = seededInputs(model, 1);
  const once = await onHost(model, { faults: { RESET: '1' } });
  expectNear(await onBoard(once.path, model, (board) => board.run(inputs)), await expected(model, inputs));
  const always = await onHost(model, { faults: { RESET: '1', ALWAYS: '1' } });
  await expect(onBoard(always.path, model, (board) => board.run(inputs))).rejects.toThrow(
    'error[board/reset]: the board was reset',
  );
});

const faults = [
  [
    'an observer that ends the run',
    { ABORT: '2' },
    /^error\[board\/run\]: net ended with status 5 \(the observer ended the run\), before layer 3 of 4, \w+ \w+; expected status 0\n {2}at \S+$/,
  ],
  [
    'a cut cable',
    { CUT: '1' },
    /^error\[board\/cut\]: the port closed( in layer 1)?, and was not back within 1 s: is the cable in place\?\n {2}at \S+$/,
  ],
  [
    'a board that hangs',
    { HANG: '1' },
    /^error\[board\/timeout\]: no answer in layer 1 within 1 s: does the firmware run, at 115200 baud\? --timeout gives it longer\n {2}at \S+$/,
  ],
  [
    'a line that damages every frame',
    { NOISE: '9' },
    /^error\[board\/(frame|timeout)\]: [^\n]*\n {2}at \S+$/,
  ],
] as const;

test.for(faults)('%s is one error, in time', async ([, env, message], context) => {
  skipWithout(host, 'c', context);
  const model = graph();
  const { path } = await onHost(model, { faults: env });
  const inputs = seededInputs(model, 1);
  const start = performance.now();
  const error = await onBoard(path, model, (board) => board.run(inputs), 1).catch(
    (problem: Error) => problem.message,
  );
  expect(error).toMatch(message);
  expect(performance.now() - start).toBeLessThan(20_000);
});

test('no clock, another model, no port, a file: each by name', async (context) => {
  skipWithout(host, 'c', context);
  const model = graph();
  const { path, folder } = await onHost(model, { faults: { NO_CLOCK: '1' } });
  const inputs = seededInputs(model, 1);
  await expect(onBoard(path, model, (board) => board.profile(inputs))).rejects.toThrow(
    /error\[board\/clock\]/,
  );
  await expect(onBoard(path, weighted(), async () => 0)).rejects.toThrow(/error\[board\/model\]/);
  await expect(onBoard(join(folder, 'none'), model, async () => 0)).rejects.toThrow('there is no such port');
  await expect(onBoard(join(folder, 'serve.c'), model, async () => 0)).rejects.toThrow(
    'expected a serial port',
  );
  await expect(onBoard('/dev/zero', model, async () => 0)).rejects.toThrow(
    'expected a serial port, found another device',
  );
});

test.for(['external', 'fetch'] as const)(
  'weights %s: whole ones run, a damaged file is status 4',
  async (weights, context) => {
    skipWithout(host, 'c', context);
    const model = weighted();
    const { path, folder } = await onHost(model, { weights, ...(weights === 'fetch' && { fetchRam: 8192 }) });
    const inputs = seededInputs(model, 1);
    expectNear(await onBoard(path, model, (board) => board.run(inputs)), await expected(model, inputs));
    const file = join(folder, weightFile);
    const bytes = readFileSync(file);
    bytes[100] = (bytes[100] ?? 0) ^ 4;
    writeFileSync(file, bytes);
    await expect(onBoard(path, model, (board) => board.run(inputs))).rejects.toThrow(
      'net ended with status 4 (the weights have another size or CRC-32), before the first layer; expected status 0',
    );
    writeFileSync(file, bytes.subarray(0, 80));
    await expect(onBoard(path, model, (board) => board.run(inputs))).rejects.toThrow(
      `net ended with status ${weights === 'fetch' ? '6 (a range' : '4 (the weights'}`,
    );
  },
);
