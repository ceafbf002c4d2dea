import { interpreterRuntime } from '@ghostc/conformance';
import { cRuntime } from '@ghostc/runtimes';
import { describe, expect, test } from 'vitest';
import { compareModel } from './compare-model.ts';
import { FLOAT_TOLERANCE, mlperfModels, modelFixture, readFixture, SEEDS } from './fixtures.ts';

const models = mlperfModels();
const expected = readFixture(modelFixture);

/** Fewer inputs than `npm run compare:tflite`, where they take long. */
const targets = (name: string) => {
  const int8 = name.endsWith('_int8');
  return [
    { runtime: interpreterRuntime, seeds: int8 ? 20 : 8 },
    { runtime: cRuntime('host'), seeds: int8 ? SEEDS : 8 },
    { runtime: cRuntime('cortex-m4'), seeds: 1 },
  ].map((target) => ({ ...target, on: target.runtime.name }));
};

describe.each(Object.keys(expected))('%s', (name) => {
  test.for(targets(name))(
    'computes what TFLite computes: $on, $seeds inputs',
    async ({ runtime, seeds }, { skip }) => {
      const model = models?.get(name);
      if (!model) return skip('../shared/models/mlperf-tiny is absent');
      const result = await compareModel(runtime, { model, expected: expected[name] ?? '', seeds });
      expect(result.elements).toBeGreaterThan(0);
      expect(result.ofBound).toBeLessThanOrEqual(1);
      // The bound of a whole float network is wide; its operators are held against theirs in fixtures.test.ts.
      expect(result.maxAbs).toBeLessThanOrEqual(FLOAT_TOLERANCE);
    },
  );
});
