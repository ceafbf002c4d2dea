import { compileC } from '@ghostc/compiler';
import { interpreterRuntime, runEach } from '@ghostc/conformance';
import { type Graph, mulberry32, parseGraph, type Tensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

const COUNT = 60_000;

/** Halves of integers times the scale and the floats beside them, all bit patterns, what is no number. */
function hostile(scale: number): Tensor {
  const data = new Float32Array(COUNT);
  const bits = new Uint32Array(data.buffer);
  const next = mulberry32(7);
  for (let i = 0; i < COUNT; i++) {
    if (i % 4 === 3) bits[i] = Math.floor(next() * 2 ** 32);
    else {
      data[i] = (Math.floor(i / 64) / 2 - 230) * Math.fround(scale);
      bits[i] = (bits[i] ?? 0) + ((i >> 2) % 16) - 8;
    }
  }
  data.set([NaN, -NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-40]);
  return { shape: [1, COUNT], dtype: 'f32', data };
}

function graphOf(scale: number, zero: number, rounding: string): Graph {
  const text = `graph @q(%x: f32[1,${COUNT}])\n  %y = quantize_linear %x {y_scale=${scale}, y_zero_point=${zero}, y_dtype="i8", rounding="${rounding}"}\n  return %y`;
  return parseGraph(text, { registry });
}

test.each([
  [0.25, 3, 'double'],
  [0.1, -128, 'single'],
  [0.0078431377, -128, 'double'],
  [1.9999999, 127, 'single'],
  [1e-20, 0, 'single'],
  [3e20, 5, 'double'],
])(
  'scale %d, zero point %d, rounded %s: integers say what the float division does',
  async (scale, zero, rounding) => {
    const graph = graphOf(scale, zero, rounding);
    const inputs = new Map([['x', hostile(scale)]]);
    const [expected] = await runEach(await interpreterRuntime.prepare(graph), [inputs]);
    const program = compileC(graph, { device: 'cortex-m0plus', name: 'net' });
    const [run] = await runC(program, cDevice('host'), [inputs], {
      extraFlags: ['-DGHOSTC_SOFT_FLOAT=1'],
    });
    expect(run?.outputs.get('y')?.data).toEqual(expected?.get('y')?.data);
  },
);
