import { planC } from '@ghostc/backend-c';
import { buildFromSpec } from '@ghostc/ghostnet';
import type { Graph } from '@ghostc/ir';
import { storageRuleOf } from '@ghostc/ops';
import { planMemory } from '@ghostc/planner';
import { describe, expect, test } from 'vitest';
import { lowerForKernels, optimize } from './pipeline.ts';

const lowered = (spec: string): Graph => lowerForKernels(optimize(buildFromSpec(spec, { seed: 1 })));

/** The graph with one-byte elements, as after quantisation. */
function oneByte(graph: Graph): Graph {
  for (const value of [...graph.inputs, ...[...graph.nodes()].flatMap(({ outputs }) => outputs)])
    graph.setType(value, { ...value.type, dtype: 'i8' });
  return graph;
}

test.each([
  ['ghostnet:0.5', 0],
  ['ghostnet:1.0', 0],
  ['ghostnetv2:1.0', 0],
  ['ghost_vgg16:2', 0],
  ['ghost_resnet50:2@64/10', 32_768], // what 3x3 convolutions on hosts work in lies across holes
])('%s: no plan takes less; on a host, by at most %i bytes', (spec, gap) => {
  const graph = lowered(spec);
  expect(planC(graph, { device: 'cortex-m4' }).plan.gap).toBe(0);
  expect(planC(graph).plan.gap).toBeLessThanOrEqual(gap);
  const options = { storageRule: storageRuleOf, io: 'caller', align: 16 } as const;
  expect(planMemory(graph, options).gap).toBe(0);
  expect(planMemory(oneByte(graph), options).gap).toBe(0);
});

describe('GhostNet 1.0x at 224', () => {
  // The largest tensor is 48x112x112; the shortcut's 16x56x56, computed first, stands beside it.
  const peak = 48 * 112 * 112 + 16 * 56 * 56;

  test('float: the stride-2 convolution runs in place, the shortcut first', () => {
    const { arenaBytes } = planC(lowered('ghostnet:1.0'), { device: 'cortex-m7' }).plan;
    expect(arenaBytes).toBeLessThan(4 * peak + 16 * 1024);
  });

  test('one byte an element, with no more than what every backend can do', () => {
    const plan = planMemory(oneByte(lowered('ghostnet:1.0')), {
      storageRule: storageRuleOf,
      io: 'caller',
      align: 16,
    });
    expect(plan.arenaBytes).toBe(48 * 112 * 112 + 48 * 56 * 56 + 16 * 56 * 56);
  });
});
