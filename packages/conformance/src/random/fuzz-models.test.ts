import { expect, test } from 'vitest';
import { interpreterRuntime } from '../interpreter-runtime.ts';
import type { Runtime } from '../runtime.ts';
import { drawnOps } from './coverage.ts';
import { fuzzModels } from './fuzz-models.ts';

test('every op of the registry is drawn, and the interpreter computes what inference takes', async () => {
  const tally = await fuzzModels(interpreterRuntime, { models: 400, seed: 1 });
  expect(tally.failures).toEqual([]);
  expect(drawnOps.filter(({ name }) => !tally.coverage.of(name)).map(({ name }) => name)).toEqual([]);
  expect(tally.judged).toBeGreaterThan(9 * tally.unjudged);
});

test('an engine that is wrong on one op is found', async () => {
  const broken: Runtime = {
    ...interpreterRuntime,
    prepare: async (model) => {
      const { run } = await interpreterRuntime.prepare(model);
      const wrong = [...model.nodes()].some(({ op, attrs }) => op === 'softmax' && attrs.axis !== -1);
      const zero = [...model.outputs].map(({ name }) => name);
      return {
        run: async (inputs) => {
          const outputs = await run(inputs);
          if (!wrong) return outputs;
          return new Map(
            zero.flatMap((name) => {
              const y = outputs.get(name);
              return y ? [[name, { ...y, data: y.data.slice().fill(0 as never) }] as const] : [];
            }),
          );
        },
      };
    },
  };
  const ops = drawnOps.filter(({ name }) => /^(softmax|add|relu)$/.test(name));
  const { failures } = await fuzzModels(broken, { models: 20, seed: 3, ops, nodes: 3 });
  expect(failures.length).toBeGreaterThan(0);
});
