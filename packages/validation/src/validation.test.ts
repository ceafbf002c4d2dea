import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { any, op, rule, rulePass } from '@ghostc/passes';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPasses, PassDifference } from './check-passes.ts';
import { randomGraph } from './random-graph.ts';

/** relu6 where relu was: wrong for values over 6 only. */
const wrong = rulePass(
  'wrong',
  rule({
    name: 'wrong',
    match: op('relu', any('x')),
    rewrite: ({ x }, build) => build.node('clip', [x], { min: 0, max: 6 }),
  }),
);

test('a wrong rule is named, with the smallest graph that shows it', () => {
  const graph = parseGraph(
    `graph @g(%x: f32[1,3,4,4])
  const %w: f32[4,3,1,1] = random(1)
  %0 = neg %x
  %1 = conv2d %0, %w
  %2 = relu %1
  %3 = abs %2
  %4 = max_pool %3 {kernel_shape=[2, 2]}
  return %4`,
    { registry },
  );
  const attempt = () => checkPasses(graph, [wrong]);
  expect(attempt).toThrow(PassDifference);
  try {
    attempt();
  } catch (error) {
    expect((error as PassDifference).pass).toBe('wrong');
    expect([...(error as PassDifference).graph.nodes()].map((node) => node.op)).toEqual(['relu']);
  }
});

test('random graphs find a wrong rule', () => {
  expect(() =>
    fc.assert(
      fc.property(randomGraph(), (graph) => checkPasses(graph, [wrong])),
      { numRuns: 500, seed: 1 },
    ),
  ).toThrow(/Property failed after [\s\S]*graph @random/);
});
