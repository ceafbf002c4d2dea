import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { cDevice, skipWithout, wgslTools } from '@ghostc/runtimes';
import { expect, test } from 'vitest';
import { mutantsOf } from './mutants-of.ts';
import { sampleOf, verdictOf } from './tally.ts';
import { tryMutant } from './try-mutant.ts';

/** The sample of `npm run mutants` that the tests take: a network with a residual, of a size that compiles at once. */
const text = `graph @net(%x: f32[1,4,10,12])
const %w: f32[8,4,1,1] = random(1)
const %d: f32[8,1,3,3] = random(2)
const %v: f32[8,8,3,3] = random(3)
const %p: f32[4,8,1,1] = random(4)
%a = conv2d %x, %w from "first"
%b = relu %a from "act"
%c = depthwise_conv2d %b, %d {pads=[1,1,1,1]} from "cheap"
%e = add %c, %b from "join"
%f = conv2d %e, %v {pads=[1,1,1,1]} from "middle"
%g = relu %f from "act2"
%h = conv2d %g, %p from "last"
return %h`;

const net = { name: 'net', graph: parseGraph(text, { registry }) };
/** Three layers: a software GPU compiles each shader for seconds. */
const start = { name: 'start', graph: parseGraph(`${text.split('%e')[0]}return %c`, { registry }) };

test.for([
  ['c', cDevice('host').tools, 2],
  ['pass', cDevice('host').tools, 2],
  ['plan-c', cDevice('host').tools, 2],
  ['wgsl', wgslTools, 6],
  ['plan-wgsl', wgslTools, 4],
] as const)(
  'faults of kind %s are found by verify, located by bisect, and differ by themselves',
  async ([kind, tools, count], context) => {
    skipWithout(tools, kind, context);
    const subject = kind.endsWith('wgsl') ? start : net;
    const sample = sampleOf(subject.graph);
    const verdicts: string[] = [];
    for (const mutant of mutantsOf(subject, [`${kind}:${count}`])) {
      const trial = await tryMutant(mutant, sample, 2);
      verdicts.push(`${verdictOf(trial)}: ${trial.name}: ${trial.report?.group.map(({ node }) => node)}`);
    }
    expect(verdicts.filter((one) => !/^(reproduced|harmless)/.test(one))).toEqual([]);
    expect(verdicts.filter((one) => one.startsWith('reproduced')).length).toBeGreaterThan(0);
  },
);

test('no difference is reported of the compiler as it is', async (context) => {
  skipWithout([...cDevice('host').tools, ...wgslTools], 'c and wgsl', context);
  const sample = sampleOf(start.graph);
  const verdicts: string[] = [];
  for (const mutant of mutantsOf(start, ['none'])) verdicts.push(verdictOf(await tryMutant(mutant, sample)));
  expect(verdicts).toEqual(['same', 'same']);
});
