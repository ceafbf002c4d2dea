import { type CProgram, compileC, type Device } from '@ghostc/compiler';
import { interpret } from '@ghostc/interpreter';
import { parseGraph, randomTensor, type Tensor, type TensorType, toNumbers } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { checkedHost } from '../testing/sanitizers.ts';
import { oneCopy } from './c-batch.ts';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

const model = parseGraph(
  `graph @bottleneck(%input: f32[1,3,40,40])
  const %stem: f32[8,3,3,3] = random(1)
  const %a: f32[12,8,1,1] = random(2)
  const %b: f32[12,1,3,3] = random(3)
  const %c: f32[24,1,5,5] = random(4)
  const %d: f32[8,24,1,1] = random(5)
  const %e: f32[8,1,3,3] = random(6)
  %0 = conv2d %input, %stem {pads=[1, 1, 1, 1], strides=[2, 2], activation="relu"}
  %1 = conv2d %0, %a {activation="relu"}
  %2 = depthwise_conv2d %1, %b {pads=[1, 1, 1, 1], activation="relu"}
  %3 = concat %1, %2 {axis=1}
  %4 = depthwise_conv2d %3, %c {pads=[2, 2, 2, 2], strides=[2, 2]}
  %5 = conv2d %4, %d
  %6 = depthwise_conv2d %0, %e {pads=[1, 1, 1, 1], strides=[2, 2]}
  %7 = add %5, %6
  %8 = global_average_pool %7
  return %8`,
  { registry },
);
const input = randomTensor({ dtype: 'f32', shape: [1, 3, 40, 40] }, 3);

async function outputOf(program: CProgram, device: Device): Promise<Tensor> {
  const inputs = [new Map([['input', input]])];
  const [run] = await (device === 'host'
    ? runC(program, checkedHost, inputs, { extraFlags: [oneCopy] })
    : runC(program, device, inputs));
  return [...(run?.outputs.values() ?? [])][0] as Tensor;
}

test.for(['host', 'cortex-m4'] as const)(
  'bands of rows give the same numbers as whole layers, on %s',
  async (device, context) => {
    skipWithout(cDevice(device).tools, `c@${device}`, context);
    const plain = compileC(model, { device });
    const banded = compileC(model, { device, maxRam: 0.65 * plain.arenaBytes });
    expect(banded.streams.length).toBeGreaterThan(0);
    const [want, got] = [await outputOf(plain, device), await outputOf(banded, device)];
    const [w, g] = [toNumbers(want), toNumbers(got)].map((data) => Array.from(data as Float64Array)) as [
      number[],
      number[],
    ];
    const largest = Math.max(...w.map(Math.abs));
    const worst = Math.max(...w.map((v, i) => Math.abs(v - (g[i] ?? Number.NaN))));
    // Whole images and bands may be cut into registers at other places, which fuses other multiply-adds.
    expect(worst / largest).toBeLessThan(device === 'host' ? 1e-5 : Number.MIN_VALUE);
  },
);

const scales = (count: number): string =>
  Array.from({ length: count }, (_, i) => `${0.004 + 0.001 * (i % 5)}:0`).join(', ');
const int8Model = parseGraph(
  `graph @bottleneck8(%input: i8[1,3,40,40] quant(0.02:5))
  const %stem: i8[8,3,3,3] quant(axis=0, ${scales(8)}) = random(1)
  const %a: i8[12,8,1,1] quant(axis=0, ${scales(12)}) = random(2)
  const %b: i8[12,1,3,3] quant(axis=0, ${scales(12)}) = random(3)
  const %c: i8[24,1,5,5] quant(axis=0, ${scales(24)}) = random(4)
  const %d: i8[8,24,1,1] quant(axis=0, ${scales(8)}) = random(5)
  const %e: i8[8,1,3,3] quant(axis=0, ${scales(8)}) = random(6)
  %0 = qlinear_conv2d %input, %stem {pads=[1,1,1,1], strides=[2,2], y_scale=0.05, y_zero_point=-100}
  %1 = qlinear_conv2d %0, %a {y_scale=0.08, y_zero_point=-20}
  %2 = qlinear_depthwise_conv2d %1, %b {pads=[1,1,1,1], y_scale=0.08, y_zero_point=-20}
  %3 = concat %1, %2 {axis=1}
  %4 = qlinear_depthwise_conv2d %3, %c {pads=[2,2,2,2], strides=[2,2], y_scale=0.1, y_zero_point=11}
  %5 = qlinear_conv2d %4, %d {y_scale=0.2, y_zero_point=1}
  %6 = qlinear_depthwise_conv2d %0, %e {pads=[1,1,1,1], strides=[2,2], y_scale=0.1, y_zero_point=2}
  %7 = qlinear_add %5, %6 {y_scale=0.2, y_zero_point=3}
  return %7`,
  { registry },
);

test.for(['host', 'cortex-m4', 'cortex-m55'] as const)(
  'int8 bands give what the interpreter gives, bit for bit, on %s',
  async (device, context) => {
    skipWithout(cDevice(device).tools, `c@${device}`, context);
    const inputs = new Map([['input', randomTensor(int8Model.inputs[0]?.type as TensorType, 3)]]);
    const plain = compileC(int8Model, { device });
    const banded = compileC(int8Model, { device, maxRam: 0.6 * plain.arenaBytes });
    expect(banded.streams.length).toBeGreaterThan(0);
    const [run] = await runC(banded, device, [inputs]);
    expect([...(run?.outputs.values() ?? [])][0]?.data).toEqual(interpret(int8Model, inputs).get('7')?.data);
  },
);
