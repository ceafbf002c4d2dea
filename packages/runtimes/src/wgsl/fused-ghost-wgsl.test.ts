import { type CompileWgslOptions, compileWgsl } from '@ghostc/compiler';
import { compareDerived, seededInputs, type Tensors } from '@ghostc/conformance';
import { boundedRun, interpret } from '@ghostc/interpreter';
import { f32, type Graph, parseGraph, type Tensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { createSession, type WgslProgram } from '@ghostc/wgsl-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { dawnDevice, wgslTools } from './dawn-device.ts';

let device: GPUDevice | undefined;
beforeAll(async () => {
  if (wgslTools.every((tool) => tool.found())) device = await dawnDevice();
});
afterAll(() => device?.destroy());
beforeEach((context) => skipWithout(wgslTools, 'wgsl', context));

interface Module {
  readonly x: readonly [number, number, number, number];
  readonly init: number;
  readonly cheap: number;
  readonly size?: number;
  readonly ratio?: number;
  readonly act?: string;
  readonly cheapAct?: string;
}

/** A Ghost module between a gate and a shortcut. */
function model({
  x: [n, c, h, w],
  init,
  cheap,
  size = 3,
  ratio = 2,
  act = 'relu',
  cheapAct = act,
}: Module): Graph {
  const attrs = `oup=${init + cheap}, dw_size=${size}, ratio=${ratio}, activation="${act}", cheap_activation="${cheapAct}"`;
  return parseGraph(
    `graph @net(%x: f32[${n},${c},${h},${w}], %g: f32[${n},${c},1,1], %r: f32[${n},${init + cheap},${h},${w}])
  const %pw: f32[${init},${c},1,1] = random(1)
  const %pb: f32[${init}] = random(2)
  const %cw: f32[${cheap},1,${size},${size}] = random(3)
  const %cb: f32[${cheap}] = random(4)
  %0 = mul %x, %g
  %1 = ghost_module %0, %pw, %pb, %cw, %cb {${attrs}}
  %2 = add %1, %r
  return %2`,
    { registry },
  );
}

const modules: Readonly<Record<string, Module>> = {
  'a plane of whole tiles': { x: [1, 8, 28, 28], init: 8, cheap: 8 },
  'an odd plane, odd channels': { x: [2, 7, 31, 33], init: 5, cheap: 4 },
  'a cheap kernel of 5x5': { x: [1, 4, 45, 44], init: 6, cheap: 6, size: 5, act: 'none' },
  'a cheap kernel of 1x1': { x: [1, 4, 20, 21], init: 4, cheap: 3, size: 1 },
  'ratio 3': { x: [1, 5, 24, 20], init: 4, cheap: 7, ratio: 3 },
  'ratio 4': { x: [2, 6, 19, 18], init: 5, cheap: 15, ratio: 4 },
  'a small plane, ratio 3': { x: [1, 8, 7, 7], init: 6, cheap: 12, ratio: 3 },
};

/** Programs whose Ghost module is one kernel, or two. */
const fused: CompileWgslOptions = { fuseGhost: true };
const apart = ({ x: [, c, h, w], init, cheap, size = 3 }: Module): CompileWgslOptions => ({
  tuning: { [`ghost_module ${c}x${init}+${cheap} ${h}x${w} ${size}x${size}`]: { fused: false } },
});

async function run(program: WgslProgram, inputs: Tensors): Promise<Tensor> {
  const session = await createSession(device as GPUDevice, program, { offers: () => false });
  const data = [...inputs].map(([name, tensor]) => [name, tensor.data as Float32Array] as const);
  const results = await session.run(Object.fromEntries(data));
  const [{ name, shape } = { name: '', shape: [] }] = session.manifest.outputs;
  session.dispose();
  return f32(shape, results[name] ?? []);
}

function problemOf(graph: Graph, inputs: Tensors, result: Tensor): string | undefined {
  const [[name, expected] = ['', undefined]] = interpret(graph, inputs);
  const fallback = { relative: 1e-5, absolute: 1e-7, reason: 'float32 sums in another order' };
  const { pass, problem } = compareDerived(expected as Tensor, result, {
    oracle: boundedRun(graph, inputs).get(name),
    fallback,
  });
  return pass ? undefined : (problem ?? 'differs');
}

describe('a Ghost module with gate and shortcut in one dispatch', () => {
  test.each(Object.entries(modules))('%s: the numbers of several kernels', async (_, one) => {
    const graph = model(one);
    const programs = [compileWgsl(graph, fused), compileWgsl(graph, apart(one))];
    expect(programs.map(({ manifest }) => manifest.dispatches.length)).toEqual([
      1,
      one.x[0] === 1 ? 4 : 6, // a concat of a batch is two copies
    ]);
    const inputs = seededInputs(graph, 5);
    const [single, several] = [
      await run(programs[0] as WgslProgram, inputs),
      await run(programs[1] as WgslProgram, inputs),
    ];
    expect(problemOf(graph, inputs, single as Tensor)).toBeUndefined();
    expect(problemOf(graph, inputs, several as Tensor)).toBeUndefined();
    expect(single?.data).toEqual(several?.data);
  });
});

/** Ways to be off by one at a tile's edge. */
const mutants: Readonly<Record<string, readonly [RegExp, string]>> = {
  'the region starts a row late': [/first_row - 1;/, 'first_row;'],
  'the region starts a row early': [/first_row - 1;/, 'first_row - 2;'],
  'the region starts four columns late': [/first_column - 4;/, 'first_column;'],
  'the last row of the halo is missing': [
    /min\(top \+ params.REGION_ROWS/,
    'min(top + params.REGION_ROWS - 1',
  ],
  'the last columns of the halo are missing': [
    /params.REGION_GROUPS \* 4, params.W/,
    '(params.REGION_GROUPS - 1) * 4, params.W',
  ],
  'the window is a row low': [/(let|var) at = (.*);/, '$1 at = $2 + params.REGION_GROUPS;'],
  'the window is a vector right': [/(let|var) at = (.*);/, '$1 at = $2 + 1;'],
  'pixels beyond the image are kept': [/select\(vec4f\(0\.0\), (v\d), .*\);/g, '$1;'],
  'the halo is written too': [/row >= first_row && row < end_row &&/, 'row >= first_row &&'],
};

test.each(Object.entries(mutants))('a wrong tile is caught: %s', async (_, [pattern, change]) => {
  const graph = model({ x: [1, 6, 70, 71], init: 4, cheap: 4 });
  const program = compileWgsl(graph, {
    tuning: {
      'ghost_module 6x4+4 70x71 3x3': { fused: true, tile: { blocks: 1, rows: 6, columns: 12 } },
    },
  });
  const { manifest } = program;
  const [[id, source] = ['', '']] = Object.entries(manifest.modules);
  const mutant = source.replace(pattern, change);
  expect(mutant).not.toBe(source);
  const inputs = seededInputs(graph, 5);
  const result = await run({ ...program, manifest: { ...manifest, modules: { [id]: mutant } } }, inputs);
  expect(problemOf(graph, inputs, result)).toBeDefined();
});

test('a model without a float Ghost module is refused', () => {
  const graph = parseGraph('graph @g(%x: f32[4])\n%y = neg %x\nreturn %y', { registry });
  expect(() => compileWgsl(graph, fused)).toThrow('no Ghost module to fuse');
});
