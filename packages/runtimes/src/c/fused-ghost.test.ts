import { compileC, lowerForKernels, optimize } from '@ghostc/compiler';
import { seededInputs, seededSamples } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { type Graph, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

interface Module {
  readonly size: readonly [number, number];
  readonly channels: number;
  readonly primary: number;
  readonly cheap: number;
  readonly multiplier?: number;
  readonly kernel?: number;
}

/** A Ghost module as lowering leaves it, in int8, with a layer before it. */
function module({ size: [h, w], channels, primary, cheap, multiplier = 1, kernel = 3 }: Module): Graph {
  const pad = (kernel - 1) / 2;
  const float = parseGraph(
    `graph @net(%x: f32[1,${channels},${h},${w}])
  const %w: f32[${primary},${channels},1,1] = random(1)
  const %b: f32[${primary}] = random(2)
  const %k: f32[${cheap},1,${kernel},${kernel}] = random(3)
  const %c: f32[${cheap}] = random(4)
  %0 = relu %x
  %1 = conv2d %0, %w, %b
  %2 = relu %1
  %3 = depthwise_conv2d %2, %k, %c {multiplier=${multiplier}, pads=[${pad},${pad},${pad},${pad}]}
  %4 = concat %2, %3 {axis=1}
  return %4`,
    { registry },
  );
  const lowered = lowerForKernels(optimize(float));
  return quantize(lowered, seededSamples(lowered, 2), { io: 'int8' }).graph;
}

describe('a Ghost module in one kernel', () => {
  test.for<[string, Module]>([
    ['whole', { size: [8, 12], channels: 6, primary: 8, cheap: 8 }],
    ['an odd number of channels', { size: [7, 7], channels: 5, primary: 7, cheap: 6 }],
    ['ratio 3, trimmed', { size: [6, 5], channels: 4, primary: 5, cheap: 8, multiplier: 2 }],
    ['ratio 4', { size: [5, 9], channels: 8, primary: 3, cheap: 9, multiplier: 3 }],
    ['a cheap operation of 5x5', { size: [9, 6], channels: 3, primary: 4, cheap: 4, kernel: 5 }],
    ['a cheap operation of 1x1', { size: [4, 4], channels: 3, primary: 4, cheap: 4, kernel: 1 }],
  ])('gives the bits of two kernels: %s', async ([, shape], context) => {
    skipWithout(cDevice('cortex-m4').tools, 'c@cortex-m4', context);
    const graph = module(shape);
    const program = compileC(graph, { name: 'net', device: 'cortex-m4', fuseGhost: true });
    expect(String(program.files.get('net.c')).match(/k_q_(ghost|conv|dw)_\w+\(/g)).toHaveLength(2); // definition and call
    const inputs = [3, 4].map((seed) => seededInputs(graph, seed));
    const runs = await runC(program, 'cortex-m4', inputs);
    inputs.forEach((input, i) => {
      for (const [name, { data }] of interpret(graph, input))
        expect(runs[i]?.outputs.get(name)?.data).toEqual(data);
    });
  });

  test('is refused where there is no kernel for it', () => {
    const graph = module({ size: [4, 4], channels: 3, primary: 4, cheap: 4 });
    expect(() => compileC(graph, { fuseGhost: true })).toThrow('error[backend-c/fuse-ghost]');
    const small = module({ size: [1, 3], channels: 3, primary: 4, cheap: 4 });
    expect(() => compileC(small, { device: 'cortex-m7', fuseGhost: true })).toThrow(
      'no Ghost module to fuse',
    );
  });
});
