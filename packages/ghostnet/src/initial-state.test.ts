import { type Graph, toBytes } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { buildFromSpec, parameterSpecs } from './build-from-spec.ts';
import { initialState } from './initial-state.ts';

const weights = (graph: Graph) =>
  new Map(
    [...graph.constants].flatMap(({ name, constant }) => (constant ? [[name, toBytes(constant.data)]] : [])),
  );

test.each(['ghostnet:0.5@64/10', 'ghostnetv2:0.5@64/10', 'ghostnetv3-training:0.5@64/10', 'ghost_vgg16:4'])(
  '%s built from its initial state is the model built from the seed',
  (spec) => {
    const stateDict = initialState(spec, 3);
    expect([...stateDict.keys()]).toEqual(parameterSpecs(spec).map(({ name }) => name));
    const fromState = weights(buildFromSpec(spec, { stateDict }));
    const fromSeed = weights(buildFromSpec(spec, { seed: 3 }));
    expect([...fromState.keys()]).toEqual([...fromSeed.keys()]);
    for (const [name, bytes] of fromSeed)
      expect(Buffer.compare(bytes, fromState.get(name) ?? new Uint8Array()), name).toBe(0);
  },
);
