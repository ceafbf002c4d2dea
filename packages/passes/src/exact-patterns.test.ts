import { type Graph, parseGraph, printGraph, randomTensor, type Tensor } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { applyRules, type NearMiss } from './apply-rules.ts';
import { any, constant, each, either, op, optional, type RootPattern, same } from './pattern.ts';
import { type Rule, rule } from './rule.ts';

// What a rule does not know of, it must not change: each of these computed something else without a word.

function reasonsOf(text: string, ...rules: Rule[]): { graph: Graph; reasons: string[]; fired: number } {
  const graph = parseGraph(text, { registry });
  const misses: NearMiss[] = [];
  const fired = applyRules(graph, rules, { onDecline: (miss) => misses.push(miss) });
  return { graph, fired, reasons: misses.map(({ reason }) => reason) };
}

const convolution = (inputs: string, attrs = ''): string => `graph @g(%x: f32[1,1,1,2], %r: f32[1,1,1,2])
  const %w: f32[1,1,1,1] = [2]
  const %b: f32[1] = [5]
  const %k: f32[1] = [3]
  %0 = conv2d ${inputs}${attrs}
  %1 = mul %0, %k
  return %1`;

const scaled = rule({
  name: 'scaled',
  match: op('mul', op('conv2d', any('x'), constant('w')), constant('k')),
  rewrite: ({ x, w, k }, build) => build.node('conv2d', [build.node('mul', [x, k]), w]),
});

describe('a pattern is exact', () => {
  test.each([
    ['a bias', '%x, %w, %b', '', 'has the input bias (%b)'],
    ['a residual', '%x, %w, _, %r', '', 'has the input residual (%r)'],
    ['an activation', '%x, %w', ' {activation="relu"}', 'has the activation relu'],
  ])('%s that it does not list declines', (_, inputs, attrs, reason) => {
    const { fired, reasons } = reasonsOf(convolution(inputs, attrs), scaled);
    expect([fired, reasons.some((one) => one.includes(reason))]).toEqual([0, true]);
  });

  test('an activation at its default does not count', () => {
    expect(reasonsOf(convolution('%x, %w', ' {activation="none"}'), scaled).fired).toBe(1);
  });

  test('others() and anyEpilogue() allow them', () => {
    const tolerant = rule({
      name: 'tolerant',
      match: op('conv2d', any('x'), constant('w')).as('conv').others().anyEpilogue(),
      unless: ({ conv }) => conv.attrs.strides !== undefined && 'done',
      rewrite: ({ conv }, build) => build.node('conv2d', conv.inputs, { ...conv.attrs, strides: [1, 1] }),
    });
    expect(reasonsOf(convolution('%x, %w, %b', ' {activation="relu"}'), tolerant).fired).toBe(1);
  });

  test('a concat of three is no concat of two', () => {
    const pair = rule({
      name: 'pair',
      match: op('concat', any('a'), any('b')),
      rewrite: ({ a, b }, build) => build.node('add', [a, b]),
    });
    const text = 'graph @g(%x: f32[2])\n  %0 = concat %x, %x, %x {axis=0}\n  return %0';
    expect(reasonsOf(text, pair).reasons).toEqual([
      'concat at %0 has the input xs (%x), which the pattern does not list',
    ]);
  });

  test('a value is the first output of its node, if the pattern does not say which', () => {
    const text = `graph @g(%x: f32[4])
  %v, %i = top_k %x {k=2, axis=0}
  %f = cast %i {to="f32"}
  return %f`;
    const cast = (index?: number): Rule => {
      const top = op('top_k', any('x'));
      return rule({
        name: 'cast',
        match: op('cast', index === undefined ? top : top.output(index)),
        rewrite: ({ x }, build) => build.node('slice', [x], { axes: [0], starts: [0], ends: [2] }),
      });
    };
    expect(reasonsOf(text, cast())).toMatchObject({ fired: 0, reasons: ['%i is not output 0 of top_k'] });
    expect(reasonsOf(text, cast(1)).fired).toBe(1);
  });

  test('the root as well, and a list replaces all outputs', () => {
    const text = 'graph @g(%x: f32[2])\n  %v, %i = top_k %x {k=2, axis=0}\n  return %v, %i';
    const swap = rule({
      name: 'swap',
      match: op('top_k', any('x')).as('top'),
      unless: ({ top }) => top.attrs.largest === false && 'turned',
      rewrite: ({ x, top }, build) => {
        const flipped = build.node('top_k', [build.node('neg', [x])], { ...top.attrs, largest: false });
        return [build.node('neg', [flipped]), flipped.producer?.outputs[1] ?? flipped];
      },
    });
    const x: Tensor = { dtype: 'f32', shape: [2], data: Float32Array.of(1, 3) };
    const before = evaluateGraph(parseGraph(text, { registry }), [x]);
    const { graph } = reasonsOf(text, swap);
    expect(printGraph(graph).text.match(/ = top_k /g)).toHaveLength(1);
    expect(evaluateGraph(graph, [x])).toEqual(before);
  });
});

describe('each()', () => {
  const relus = rule({
    name: 'relus',
    match: op('concat', each(op('relu', any('x')).as('act'))).as('concat'),
    rewrite: ({ x, concat }, build) => build.node('relu', [build.node('concat', x, concat.attrs)]),
  });
  const concat = (parts: string, last: string): string =>
    `graph @g(%x: f32[2])\n  %0 = relu %x\n  %1 = neg %x\n  %2 = relu %1\n  %3 = concat ${parts} {axis=0}\n  return %3${last}`;

  test('takes all that is left, as lists', () => {
    const { graph, fired } = reasonsOf(concat('%0, %2, %0', ''), relus);
    const x = randomTensor({ dtype: 'f32', shape: [2] }, 1);
    expect(fired).toBe(1);
    expect(graph.nodeCount).toBe(3);
    expect(evaluateGraph(graph, [x])).toEqual(
      evaluateGraph(parseGraph(concat('%0, %2, %0', ''), { registry }), [x]),
    );
  });

  test('declines where one differs or is used elsewhere', () => {
    expect(reasonsOf(concat('%0, %1', ''), relus).fired).toBe(0);
    expect(reasonsOf(concat('%0, %2', ', %2 as "two"'), relus).reasons).toContain(
      '%2 is an output of the graph',
    );
  });
});

describe('a pattern that cannot be meant is refused when the rule is made', () => {
  const made = (match: unknown) => () =>
    rule({ name: 'r', match: match as RootPattern, rewrite: () => undefined as never });

  test.each([
    ['any at the root', () => made(any('x'))(), 'expected op() or chain() at the root, found any()'],
    ['either at the root', () => made(either(op('relu', any('x'))))(), 'found either()'],
    ['an undeclared name', () => made(op('mul', op('sigmoid', any('x')), same('xx')))(), "same('xx')"],
    [
      'a name that one choice lacks',
      () => made(op('mul', either(op('sigmoid', any('x')), op('tanh', any('y'))), same('x')))(),
      "same('x')",
    ],
    [
      'a name that may be absent',
      () => made(op('conv2d', any('x'), same('b'), optional('b')))(),
      "same('b')",
    ],
    ['an unknown op', () => op('conv3d' as never, any('x')), 'there is no op conv3d'],
    ['too many inputs', () => op('relu', any('x'), any('y')), 'relu takes (x), the pattern lists 2 inputs'],
    [
      'too few inputs',
      () => made(op('conv2d', any('x')))(),
      'the pattern lists 1: list all, or add .others()',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('a rewrite that fails', () => {
  const failing = (rewrite: Parameters<typeof rule<Record<'x', never>>>[0]['rewrite']): Rule =>
    rule({ name: 'failing', match: op('relu', any('x')) as never, rewrite });
  const text = 'graph @g(%x: f32[2])\n  %0 = relu %x\n  return %0';

  test('by a throw of its own leaves no node behind', () => {
    const graph = parseGraph(text, { registry });
    const before = printGraph(graph).text;
    const broken = failing(({ x }, build) => {
      build.node('neg', [x]);
      throw new TypeError('a fault of the rule');
    });
    expect(() => applyRules(graph, [broken])).toThrow('a fault of the rule');
    expect(printGraph(graph).text).toBe(before);
  });

  test.each([
    ['an unknown attribute', 'clip', { maximum: 6 }, 'clip has no attribute maximum'],
    [
      'an attribute of another kind',
      'clip',
      { max: '6' },
      'attribute max of clip expects a float, found "6"',
    ],
    ['a missing input', 'add', {}, 'add takes (a, b), found 1 inputs'],
    ['an unknown op', 'rleu', {}, 'there is no op rleu'],
  ])('with %s throws, and leaves no node behind', (_, name, attrs, message) => {
    const graph = parseGraph(text, { registry });
    const broken = failing(({ x }, build) => build.node(name as 'clip', [build.node('neg', [x])], attrs));
    expect(() => applyRules(graph, [broken])).toThrow(message);
    expect(printGraph(graph).text).toBe(printGraph(parseGraph(text, { registry })).text);
  });

  test('by a type that does not fit declines with the reason', () => {
    const rows = failing(({ x }, build) => build.node('reshape', [x], { shape: [3] }));
    expect(reasonsOf(text, rows).reasons).toEqual(['[2] does not reshape to [3]']);
  });

  test('by a result that reads what it replaces', () => {
    const own = rule({
      name: 'own',
      match: op('relu', any('x')).as('act'),
      rewrite: ({ act }, build) => build.node('neg', [act.output]),
    });
    expect(reasonsOf(text, own).reasons).toEqual(['the replacement of %0 reads %0']);
  });

  test('by a value that is computed later is found by the verifier, with the name of the rule', () => {
    const later = rule({
      name: 'later',
      match: op('relu', any('x')),
      rewrite: () => graph.last?.output as never,
    });
    const graph = parseGraph(
      `${text.slice(0, -11)}\n  %1 = neg %0\n  %2 = neg %x\n  %3 = add %1, %2\n  %4 = neg %2\n  return %3, %4`,
      {
        registry,
      },
    );
    expect(() => applyRules(graph, [later])).toThrow(/used before it is defined[\s\S]*later/);
  });
});
