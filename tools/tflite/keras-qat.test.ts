import { interpreterRuntime } from '@ghostc/conformance';
import { cRuntime, createRuntime, skipWithout, stopEngines, wgslTools } from '@ghostc/runtimes';
import { readTflite } from '@ghostc/tflite';
import { afterAll, describe, expect, test } from 'vitest';
import { compareModel } from './compare-model.ts';
import { KERAS_SEEDS, kerasFixture, kerasModels, readFixture } from './fixtures.ts';

const expected = readFixture(kerasFixture);
const targets = [
  { runtime: interpreterRuntime, seeds: KERAS_SEEDS },
  { runtime: cRuntime('host'), seeds: KERAS_SEEDS },
  { runtime: cRuntime('cortex-m4'), seeds: 1 },
  { runtime: createRuntime('wgsl'), seeds: 2 },
].map((target) => ({ ...target, on: target.runtime.name }));

afterAll(stopEngines);

describe.each([...kerasModels()])('a GhostNet of Keras with fake quantisation: %s', (name, model) => {
  test('no layer is left in float', () => {
    const graph = readTflite(model);
    const types = [...graph.nodes()].flatMap(({ outputs }) => outputs.map(({ type }) => type.dtype));
    expect(new Set(types)).toEqual(new Set(['i8']));
  });

  test.for(targets)('has the integers of TFLite: $on, $seeds inputs', async ({ runtime, seeds }, context) => {
    if (runtime.name === 'wgsl') skipWithout(wgslTools, runtime.name, context);
    const result = await compareModel(runtime, { model, expected: expected[name] ?? '', seeds });
    expect(result.elements).toBe(10 * seeds);
    expect(result.different).toBe(0);
  });
});
