import { interpreterRuntime } from '@ghostc/conformance';
import { cRuntime, createRuntime, engineTools, skipWithout, stopEngines, wgslTools } from '@ghostc/runtimes';
import { afterAll, describe, expect, test } from 'vitest';
import { compareModel } from './compare-model.ts';
import { FLOAT_TOLERANCE, mlperfModels, modelFixture, readFixture } from './fixtures.ts';

const models = mlperfModels();
const expected = readFixture(modelFixture);

const gpuTools = [...wgslTools, ...engineTools.chromium, ...engineTools.deno];

afterAll(stopEngines);

const engines = ['wgsl@chromium', 'wgsl@deno'].map((name) => ({ runtime: createRuntime(name), seeds: 2 }));

/** Fewer inputs than `npm run compare:tflite`; the engines of pages on one model. */
const targets = (name: string) => {
  const int8 = name.endsWith('_int8');
  return [
    { runtime: interpreterRuntime, seeds: int8 ? 4 : 2 },
    { runtime: cRuntime('host'), seeds: int8 ? 20 : 2 },
    { runtime: cRuntime('cortex-m4'), seeds: 1 },
    { runtime: createRuntime('wgsl'), seeds: 2 },
    ...(name.startsWith('kws') ? engines : []),
  ].map((target) => ({ ...target, on: target.runtime.name }));
};

describe.each(Object.keys(expected))('%s', (name) => {
  test.for(targets(name))(
    'computes what TFLite computes: $on, $seeds inputs',
    async ({ runtime, seeds }, context) => {
      if (runtime.name.startsWith('wgsl')) skipWithout(gpuTools, runtime.name, context);
      const model = models?.get(name);
      if (!model) return context.skip('../shared/models/mlperf-tiny is absent');
      const result = await compareModel(runtime, { model, expected: expected[name] ?? '', seeds });
      expect(result.elements).toBeGreaterThan(0);
      expect(result.ofBound).toBeLessThanOrEqual(1);
      // The bound of a whole float network is wide; its operators are compared with theirs in fixtures.test.ts.
      expect(result.maxAbs).toBeLessThanOrEqual(FLOAT_TOLERANCE);
    },
  );
});
