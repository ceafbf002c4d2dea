import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emitWgsl, planWgsl } from '@ghostc/backend-wgsl';
import { compileWgsl } from '@ghostc/compiler';
import { compareDerived, seededInputs, type Tolerance } from '@ghostc/conformance';
import { boundedRun, interpret } from '@ghostc/interpreter';
import { type Graph, parseGraph, verify } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { wgslTools } from './dawn-device.ts';
import { engine, engines, engineTools, stopEngines } from './engines.ts';
import { prepareRemote } from './prepare-remote.ts';
import { checkWgsl } from './run-wgsl.ts';
import { ghostCases } from './wgsl-ghost-cases.ts';
import * as cases from './wgsl-kernel-cases.ts';

const fixtures = join(import.meta.dirname, '../../../../test-fixtures/models');
/** Where the derived bound is wider than noise: after all layers of a network. */
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

/** Every module, and every variant, that the kernel cases and the models give, in f32 and f16. */
function allSources(): Map<string, string> {
  const texts = Object.values({ ...cases, ghostCases }).flatMap((group) => Object.values(group));
  const graphs = texts.map((text) => {
    const graph = parseGraph(text, { registry });
    verify(graph, registry);
    return graph;
  });
  const sources = new Map<string, string>();
  for (const matrices of ['f32', 'f16'] as const) {
    const programs = [
      ...graphs.map((graph) => emitWgsl(planWgsl(graph), { name: 'case', matrices })),
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
  const sources = allSources();
  const found = await checkWgsl([...sources.keys()]);
  expect([...sources.values()].filter((_, i) => found[i]?.length)).toEqual([]);
});
