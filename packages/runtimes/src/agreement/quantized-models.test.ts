import { join } from 'node:path';
import { compileC, type Device } from '@ghostc/compiler';
import { compareTensors, exact, seededInputs, type Tensors } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { interpret } from '@ghostc/interpreter';
import { CompileError, type Graph } from '@ghostc/ir';
import { describe, expect, test } from 'vitest';
import { runCBatch } from '../c/c-batch.ts';
import { cDevice } from '../c/c-device.ts';
import { runC } from '../c/prepare-c.ts';
import { skipWithout } from '../process/require-tool.ts';
import { ownCopy } from '../testing/avx2.ts';
import { distinctModules, fixtures, readFixture, seededInt8 } from '../testing/fixture-models.ts';
import { inTurn, testTurn } from '../testing/turn.ts';

/** A model in int8; nothing may stay in float. */
function integers(model: Graph): Graph {
  const { graph, leftInFloat } = seededInt8(model);
  expect(leftInFloat).toEqual([]);
  return graph;
}

/** A model with inputs and what the interpreter makes of them, for all devices. */
interface Subject {
  readonly graph: Graph;
  readonly inputs: readonly Tensors[];
  readonly expected: readonly Tensors[];
}

function subjectOf(model: Graph, seeds: readonly number[]): Subject {
  const graph = integers(model);
  const inputs = seeds.map((seed) => seededInputs(graph, seed));
  return { graph, inputs, expected: inputs.map((one) => interpret(graph, one)) };
}

async function expectEqual(
  { graph, inputs, expected }: Subject,
  device: Device,
  extraFlags: readonly string[] = [],
): Promise<void> {
  const runs = await runC(compileC(graph, { device }), device, inputs, { extraFlags });
  expectSame(
    expected,
    runs.map(({ outputs }) => outputs),
  );
}

function expectSame(expected: readonly Tensors[], found: readonly Tensors[]): void {
  expected.forEach((outputs, i) => {
    for (const [name, tensor] of outputs) {
      const { pass, problem, worst } = compareTensors(tensor, found[i]?.get(name), exact);
      expect({ name, pass, problem, worst }).toEqual({ name, pass: true, worst: -1 });
    }
  });
}

/** One for each set of kernels, and big tests elsewhere hold the others. */
const sets = ['host', 'cortex-m0plus', 'cortex-m4', 'cortex-m55', 'rv32'] as const;

/** Models in int8, for all sets: made once. */
function made(folders: readonly string[]): () => Subject[] {
  let subjects: Subject[] | undefined;
  return () => (subjects ??= folders.map((folder) => subjectOf(readFixture(join(fixtures, folder)), [5, 6])));
}

describe('int8 models give the same bits in the interpreter and in C', () => {
  const modules = made(distinctModules);
  const network = made(['ghost_fmnist']);
  let ghostnet: Subject | undefined;

  test.for(sets)('every module, and ghost_fmnist, on %s', async (device, context) => {
    skipWithout(cDevice(device).tools, device, context);
    const entries = modules().map(({ graph, inputs }, i) => ({
      program: compileC(graph, { device, name: `module_${i}` }),
      inputs,
    }));
    const results = await runCBatch(entries, cDevice(device));
    for (const [i, result] of results.entries()) {
      if (result instanceof CompileError) throw result;
      expectSame(modules()[i]?.expected ?? [], result);
    }
    for (const subject of network()) await expectEqual(subject, device);
  });

  test.for(['host', inTurn('ghostnet', ['cortex-m4', 'cortex-m55'] as const)] as const)(
    `GhostNet 1.0x at 224 on %s (GHOSTC_TURN=${testTurn()})`,
    async (device, context) => {
      skipWithout(cDevice(device).tools, device, context);
      ghostnet ??= subjectOf(buildFromSpec('ghostnet:1.0', { seed: 1 }), [3]);
      const program = compileC(ghostnet.graph, { device });
      // a host has channels of 1x1 and taps of depthwise convolutions as pairs of int16, and as bytes for VNNI
      expect(program.weightBytes).toBeLessThan(device === 'host' ? 7.72e6 : 5.4e6);
      expect(program.arenaBytes).toBeLessThanOrEqual(953_344);
      await expectEqual(ghostnet, device, device === 'host' ? ownCopy() : []);
    },
  );
});
