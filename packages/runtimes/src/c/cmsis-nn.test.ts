import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import { compileC, type Device, lowerForKernels, optimize } from '@ghostc/compiler';
import { caseGraph, joinCases, seededInputs, suite, type Tensors } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { type Graph, parseGraph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { type Rounding, registry } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { cDevice } from './c-device.ts';
import { buildCmsisNn, cmsisNnRoot } from './cmsis-nn-library.ts';
import { cmsisReferenceFiles } from './cmsis-nn-reference.ts';
import { runC } from './prepare-c.ts';
import type { CRun } from './read-runs.ts';

const w = (shape: string, seed: number): string => {
  const channels = Number(shape.split(',')[0]);
  const scales = Array.from({ length: channels }, (_, m) => `${0.002 * (m + 1)}:0`);
  return `i8[${shape}] quant(axis=0, ${scales.join(', ')}) = random(${seed})`;
};

/** What CMSIS-NN takes, between what it does not: a depthwise layer with fewer outputs, a grouped convolution. */
const layers = (rounding: Rounding, ofLast = rounding): Graph =>
  parseGraph(
    `graph @net(%x: i8[1,3,7,9] quant(0.05:-128))
  const %w1: ${w('8,3,3,3', 1)}
  const %b1: i32[8] = random(2)
  const %w2: ${w('8,1,3,3', 3)}
  const %b2: i32[8] = random(4)
  const %w3: ${w('8,4,1,1', 5)}
  const %w4: ${w('6,1,5,5', 6)}
  const %w5: ${w('4,6,1,1', 7)}
  const %w6: ${w('5,96', 8)}
  const %b6: i32[5] = random(9)
  %1 = qlinear_conv2d %x, %w1, %b1 {y_scale=0.3, y_zero_point=5, pads=[0,1,1,0], strides=[1,2], rounding="${rounding}"}
  %2 = qlinear_depthwise_conv2d %1, %w2, %b2 {y_scale=0.5, y_zero_point=-7, pads=[1,1,1,1], clamp=[-7,127], rounding="${rounding}"}
  %3 = qlinear_add %1, %2 {y_scale=0.6, y_zero_point=3, rounding="${rounding}"}
  %4 = qlinear_conv2d %3, %w3 {y_scale=0.4, y_zero_point=1, group=2, rounding="${rounding}"}
  %5 = qlinear_depthwise_conv2d %4, %w4 {y_scale=0.7, y_zero_point=0, pads=[2,2,2,2], rounding="${rounding}"}
  %6 = qlinear_conv2d %5, %w5 {y_scale=0.5, y_zero_point=-3, rounding="${rounding}"}
  %7 = reshape %6 {shape=[1,96]}
  %8 = qlinear_fully_connected %7, %w6, %b6 {y_scale=2.5, y_zero_point=9, rounding="${ofLast}"}
  return %6, %8`,
    { registry },
  );

const bottleneck = (): Graph => {
  const folder = join(import.meta.dirname, '../../../../test-fixtures/models/modules/ghost_bottleneck_s2_se');
  const float = lowerForKernels(
    optimize(readOnnx(readFileSync(join(folder, 'model.onnx')), { file: 'model.onnx' })),
  );
  const samples = [{ name: 'seed 1', inputs: seededInputs(float, 1) }];
  return quantize(float, samples, { io: 'int8', rounding: 'double' }).graph;
};

/** The program beside a build of the reference. */
function withReference(program: CProgram, defines: Record<string, string> = {}): CProgram {
  const lines = Object.entries(defines).map(([name, value]) => `#define ${name} ${value}\n`);
  const reference = [...cmsisReferenceFiles].map(([name, text]) => [name, lines.join('') + text] as const);
  return { ...program, files: new Map([...program.files, ...reference]) };
}

/** Runs beside the library that GHOSTC_CMSIS_NN names, or beside the reference. */
async function runLinked(
  program: CProgram,
  device: Device,
  inputs: readonly Tensors[],
  extraFlags: readonly string[] = [],
): Promise<CRun[]> {
  const root = cmsisNnRoot();
  if (!root) return runC(withReference(program), device, inputs, { extraFlags });
  const library = await buildCmsisNn(root, device, extraFlags);
  return runC(program, device, inputs, { extraFlags, library });
}

/** Compiled for the library, the model gives the interpreter's bits; tells how many layers call it. */
async function callsOfEqual(graph: Graph, device: Device, flags: readonly string[] = []): Promise<number> {
  const program = compileC(graph, { name: 'net', device, kernels: 'cmsis-nn' });
  const inputs = [1, 2].map((seed) => seededInputs(graph, seed));
  const runs = await runLinked(program, device, inputs, flags);
  inputs.forEach((input, i) => {
    for (const [name, { data }] of interpret(graph, input))
      expect(runs[i]?.outputs.get(name)?.data).toEqual(data);
  });
  return calls(program);
}

const calls = (program: CProgram): number =>
  String(program.files.get('net.c')).match(/^ {2}if \(net_k_cmsis_\w+(?<!_avx\d+)\(/gm)?.length ?? 0;

/** By what they are: how often the library is called, op, input, weights, attributes. */
const shapes = {
  'padding of 1x1 on the right only': [0, 'qlinear_conv2d', '1,4,5,5', '6,4,1,1', 'pads=[0,0,0,1]'],
  'padding of 1x1 below only': [0, 'qlinear_conv2d', '1,4,5,5', '6,4,1,1', 'pads=[0,0,2,0], strides=[2,2]'],
  '1x1 with steps': [1, 'qlinear_conv2d', '1,4,5,5', '6,4,1,1', 'strides=[2,2]'],
  'a row with padding': [0, 'qlinear_conv2d', '1,4,1,8', '6,4,1,3', 'pads=[0,1,0,1]'],
  'a row with a column left over': [0, 'qlinear_conv2d', '1,4,1,8', '6,4,1,3', 'strides=[1,2]'],
  'a row without': [1, 'qlinear_conv2d', '1,4,1,8', '6,4,1,3', ''],
  '3x3 with wide padding': [1, 'qlinear_conv2d', '1,3,4,4', '5,3,3,3', 'pads=[4,4,4,4]'],
  'depthwise 3x3, 2 columns of padding': [
    0,
    'qlinear_depthwise_conv2d',
    '1,8,5,5',
    '8,1,3,3',
    'pads=[1,1,1,2]',
  ],
  'depthwise 3x3, 2 rows of it': [1, 'qlinear_depthwise_conv2d', '1,8,5,5', '8,1,3,3', 'pads=[1,1,2,1]'],
  'windows below the image': [0, 'qlinear_depthwise_conv2d', '1,8,4,4', '8,1,5,5', 'pads=[2,2,7,2]'],
  'windows above it': [0, 'qlinear_depthwise_conv2d', '1,8,4,4', '8,1,5,5', 'pads=[7,2,2,2]'],
  dilation: [1, 'qlinear_depthwise_conv2d', '1,5,7,6', '5,1,3,3', 'dilations=[2,2], pads=[4,2,2,4]'],
  'one channel to 600': [
    1,
    'qlinear_depthwise_conv2d',
    '1,1,4,4',
    '600,1,3,3',
    'multiplier=600, pads=[1,1,1,1]',
  ],
} as const satisfies Readonly<Record<string, readonly [number, string, string, string, string]>>;

const oneLayer = ([
  ,
  op,
  x,
  shape,
  attrs,
]: (typeof shapes)[keyof typeof shapes]): string => `graph @net(%x: i8[${x}] quant(0.05:-128))
  const %w: ${w(shape, 1)}
  %y = ${op} %x, %w {y_scale=0.4, y_zero_point=5${attrs && `, ${attrs}`}}
  return %y`;

describe('C that calls CMSIS-NN', () => {
  test.for([
    ['host', 'double'],
    ['cortex-m4', 'double'],
    ['cortex-m55', 'single'],
  ] as const)('gives the bits of the interpreter on %s, rounding %s', async ([device, rounding], context) => {
    skipWithout(cDevice(device).tools, `c@${device}`, context);
    const flags = rounding === 'single' ? ['-DCMSIS_NN_USE_SINGLE_ROUNDING'] : [];
    expect(await callsOfEqual(layers(rounding), device, flags)).toBe(5);
  });

  test('runs a Ghost bottleneck with squeeze and excite', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    expect(await callsOfEqual(bottleneck(), 'host')).toBeGreaterThan(5);
  });

  test('calls it for the rounding of most of the work, as a TFLite model has its fully connected layer otherwise', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    expect(await callsOfEqual(layers('double', 'single'), 'host')).toBe(4);
    expect(await callsOfEqual(layers('single', 'double'), 'host', ['-DCMSIS_NN_USE_SINGLE_ROUNDING'])).toBe(
      4,
    );
  });

  test.for(Object.entries(shapes))('%s: called where it computes the same', ([, shape]) => {
    const graph = parseGraph(oneLayer(shape), { registry });
    expect(calls(compileC(graph, { name: 'net', kernels: 'cmsis-nn' }))).toBe(shape[0]);
  });

  test('and gives the bits of the interpreter in all of these', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    const texts = Object.fromEntries(Object.values(shapes).map((shape, i) => [`c${i}`, oneLayer(shape)]));
    const graph = caseGraph(joinCases(suite('shapes', texts)));
    const called = Object.values(shapes).reduce((sum, [count]) => sum + count, 0);
    expect(await callsOfEqual(graph, 'host')).toBe(called);
  });

  test('tells where the library wants more working memory than is planned', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    const graph = layers('double');
    const program = compileC(graph, { name: 'net', kernels: 'cmsis-nn' });
    expect(String(program.files.get('net.h'))).toContain('NET_E_LAYER = 3');
    const greedy = withReference(program, { REFERENCE_WORK: '100000000' });
    await expect(runC(greedy, 'host', [seededInputs(graph, 1)])).rejects.toThrow(/3/);
  });

  test('does not build against a library that rounds otherwise', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    const graph = layers('single');
    const program = withReference(compileC(graph, { name: 'net', kernels: 'cmsis-nn' }));
    await expect(runC(program, 'host', [seededInputs(graph, 1)])).rejects.toThrow(
      /CMSIS_NN_USE_SINGLE_ROUNDING/,
    );
  });
});
