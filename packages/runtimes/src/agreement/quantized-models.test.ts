import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileC, type Device, devices } from '@ghostc/compiler';
import { compareTensors, exact, seededInputs, type Tensors } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { interpret } from '@ghostc/interpreter';
import type { Graph } from '@ghostc/ir';
import { describe, expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { runC } from '../c/prepare-c.ts';
import { skipWithout } from '../process/require-tool.ts';
import { fixtures, readFixture, seededInt8 } from '../testing/fixture-models.ts';

/** A model in int8; nothing may stay in float. */
function integers(model: Graph): Graph {
  const { graph, leftInFloat } = seededInt8(model);
  expect(leftInFloat).toEqual([]);
  return graph;
}

async function expectEqual(graph: Graph, device: Device, inputs: readonly Tensors[]): Promise<void> {
  const runs = await runC(compileC(graph, { device }), device, inputs);
  inputs.forEach((one, i) => {
    for (const [name, expected] of interpret(graph, one)) {
      const { pass, problem, worst } = compareTensors(expected, runs[i]?.outputs.get(name), exact);
      expect({ name, pass, problem, worst }).toEqual({ name, pass: true, worst: -1 });
    }
  });
}

const folders = [
  ...readdirSync(join(fixtures, 'modules')).map((name) => join('modules', name)),
  'ghost_fmnist',
];

describe('int8 models give the same bits in the interpreter and in C', () => {
  let ghostnet: Graph | undefined;

  test.for(folders)('%s on every device', async (folder, context) => {
    skipWithout(
      devices.flatMap((device) => cDevice(device).tools),
      folder,
      context,
    );
    const graph = integers(readFixture(join(fixtures, folder)));
    const inputs = [5, 6].map((seed) => seededInputs(graph, seed));
    for (const device of devices) await expectEqual(graph, device, inputs);
  });

  test.for(['host', 'cortex-m4', 'cortex-m55'] as const)(
    'GhostNet 1.0x at 224 on %s',
    async (device, context) => {
      skipWithout(cDevice(device).tools, device, context);
      ghostnet ??= integers(buildFromSpec('ghostnet:1.0', { seed: 1 }));
      const program = compileC(ghostnet, { device });
      expect(program.weightBytes).toBeLessThan(5.4e6);
      expect(program.arenaBytes).toBeLessThanOrEqual(953_344);
      await expectEqual(ghostnet, device, [seededInputs(ghostnet, 3)]);
    },
  );
});
