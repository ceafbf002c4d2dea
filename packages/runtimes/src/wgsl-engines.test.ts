import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emitWgsl } from '@ghostc/backend-wgsl';
import { compileWgsl, lowerForGpuKernels, optimize } from '@ghostc/compiler';
import { compareDerived, compareTensors, seededInputs, type Tolerance } from '@ghostc/conformance';
import { boundedRun, interpret } from '@ghostc/interpreter';
import { fromNumbers, type Graph, parseGraph, type Tensor, toNumbers, verify } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { wgslTools } from './dawn-device.ts';
import { engine, engines, engineTools, stopEngines } from './engines.ts';
import { prepareRemote } from './prepare-remote.ts';
import { skipWithout } from './require-tool.ts';
import { checkWgsl } from './run-wgsl.ts';
import * as cases from './wgsl-kernel-cases.ts';

const fixtures = join(import.meta.dirname, '../../../test-fixtures/models');
/** Where the derived bound is wider than noise: behind all layers of a network. */
const fallback: Tolerance = { relative: 1e-5, absolute: 1e-7, reason: 'float32 sums in another order' };
const fmnist = readOnnx(readFileSync(join(fixtures, 'ghost_fmnist/ghost_fmnist.onnx')), {
  file: 'ghost_fmnist',
});

afterAll(stopEngines);

describe.each(engines)('%s', (name) => {
  beforeEach((context) => skipWithout(engineTools[name], name, context));

  test.each(['variants', 'plain'] as const)('runs ghost_fmnist, %s', async (form) => {
    await expectAgreement(
      await prepareRemote(name, compileWgsl(fmnist), { plain: form === 'plain' }),
      fmnist,
    );
  });

  test('says what is wrong with a program', async () => {
    const program = compileWgsl(fmnist);
    const arenaBytes = 2 ** 41;
    await expect(
      prepareRemote(name, { ...program, manifest: { ...program.manifest, arenaBytes } }),
    ).rejects.toThrow(/limits?|maxBufferSize|maxStorageBufferBindingSize/i);
  });
});

async function expectAgreement(
  { run, dispose }: Awaited<ReturnType<typeof prepareRemote>>,
  graph: Graph,
): Promise<void> {
  const inputs = seededInputs(graph, 1);
  const results = await run(inputs);
  const oracles = boundedRun(graph, inputs);
  for (const [name, expected] of interpret(graph, inputs)) {
    const derivation = { oracle: oracles.get(name), fallback };
    expect(compareDerived(expected, results.get(name), derivation)).toMatchObject({ pass: true });
  }
  await dispose?.();
}

/** Convolutions whose weights are matrices: all but the depthwise ones. */
const withMatrices = ['conv2d', 'fused_ghost_module', 'fully_connected'];

test('f16 matrices in Deno: what the interpreter computes with weights rounded to f16', async (context) => {
  skipWithout(engineTools.deno, 'f16', context);
  const [missing] = await (await engine('deno')).check([
    'enable f16;\nfn f(x: f16) -> f32 { return f32(x); }',
  ]);
  expect(missing).toBe(null); // lavapipe has shader-f16
  const program = compileWgsl(fmnist, { matrices: 'f16' });
  expect(program.manifest.halfBytes).toBeGreaterThan(0);
  const rounded = lowerForGpuKernels(optimize(fmnist));
  for (const node of rounded.nodes()) {
    const data = withMatrices.includes(node.op) ? node.inputs[1]?.constant?.data : undefined;
    (data as Float32Array | undefined)?.set(
      toNumbers(fromNumbers('f16', [data?.length ?? 0], data as Float32Array)),
    );
  }
  const inputs = seededInputs(fmnist, 1);
  const [expected] = interpret(rounded, inputs).values();
  const [exact] = interpret(fmnist, inputs).values();
  for (const plain of [false, true]) {
    const executable = await prepareRemote('deno', program, { plain });
    const [found] = (await executable.run(inputs)).values();
    expect(compareTensors(expected as Tensor, found, fallback)).toMatchObject({ pass: true });
    expect(compareTensors(exact as Tensor, found, fallback)).toMatchObject({ pass: false }); // the rounding shows
    await executable.dispose?.();
  }
});

/** Every module, and every variant, that the kernel cases and the models give, in f32 and f16. */
function allSources(): Map<string, string> {
  const texts = Object.values(cases).flatMap((group) => Object.values(group));
  const graphs = texts.map((text) => {
    const graph = parseGraph(text, { registry });
    verify(graph, registry);
    return graph;
  });
  const sources = new Map<string, string>();
  for (const matrices of ['f32', 'f16'] as const) {
    const programs = [
      ...graphs.map((graph) => emitWgsl(graph, { name: 'case', matrices })),
      compileWgsl(fmnist, { matrices }),
    ];
    for (const { manifest } of programs) {
      for (const [id, source] of Object.entries(manifest.modules)) sources.set(source, id);
      for (const [id, variants] of Object.entries(manifest.variants))
        for (const { source, requires } of variants) sources.set(source, `${id} (${requires.join(', ')})`);
    }
  }
  return sources;
}

test('naga, in Deno, accepts every module', async (context) => {
  skipWithout(engineTools.deno, 'naga', context);
  const sources = allSources();
  const problems = await (await engine('deno')).check([...sources.keys()]);
  const found = [...sources.values()].flatMap((id, i) => (problems[i] ? [`${id}: ${problems[i]}`] : []));
  expect(found.filter((line) => !line.includes('skipped: '))).toEqual([]);
  expect(found.length).toBeLessThan(sources.size / 2); // features that lavapipe lacks
  expect(sources.size).toBeGreaterThan(100);
});

test('Tint, in Dawn, accepts every module', async (context) => {
  skipWithout(wgslTools, 'Tint', context);
  for (const [source, id] of allSources()) expect([id, await checkWgsl(source)]).toEqual([id, []]);
});
