import { parseGraph, printGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { applyRules } from './apply-rules.ts';
import { any, chain, constant, either, op, type Pattern, type RootPattern, same } from './pattern.ts';
import { rule } from './rule.ts';

const parse = (text: string) => parseGraph(text, { registry });

describe('chains', () => {
  const relus = rule({
    name: 'relus',
    match: chain('add', op('relu', any('a')), constant('c')).rest('others'),
    rewrite: ({ a, c, others }, build) =>
      others.reduce((sum, x) => build.node('add', [sum, x]), build.node('sub', [a, c])),
  });

  test.each([
    '%2 = add %0, %c\n  %3 = add %x, %2\n  %4 = add %3, %y',
    '%2 = add %x, %y\n  %3 = add %c, %2\n  %4 = add %3, %0',
    '%2 = add %y, %0\n  %3 = add %c, %x\n  %4 = add %2, %3',
  ])('match in every association and order: %s', (sum) => {
    const graph = parse(
      `graph @g(%x: f32[2], %y: f32[2])\n  const %c: f32[2] = [1, 2]\n  %0 = relu %x\n  ${sum}\n  return %4`,
    );
    expect(applyRules(graph, [relus])).toBe(1);
    expect(printGraph(graph).text).toMatch(/sub %x, %c[\s\S]*add [\s\S]*add /);
  });

  test('say how many terms there are, and which is missing', () => {
    const reasons: string[] = [];
    const exact = rule({
      name: 'exact',
      match: chain('add', any('a'), any('b')),
      // @ts-expect-error there is no capture c
      unless: ({ c }) => c && 'no',
      rewrite: ({ a }) => a,
    });
    const graph = parse(
      'graph @g(%x: f32[2])\n  %0 = neg %x\n  %1 = add %x, %0\n  %2 = add %1, %0\n  return %2',
    );
    const onDecline = ({ reason }: { reason: string }) => reasons.push(reason);
    applyRules(graph, [exact, relus], { onDecline });
    expect(reasons).toContain('%2 has 3 terms, expected 2');
    expect(reasons.some((reason) => reason.startsWith('expected relu, found'))).toBe(true);
  });

  test('of an op that is not associative are refused', () => {
    expect(() => chain('sub', any('a'), any('b'))).toThrow('sub is not associative');
  });
});

describe('work is bounded', () => {
  /** A balanced tree of additions and the pattern of it, with a leaf that fits nowhere. */
  function tree(
    levels: number,
    leaf: (i: number) => Pattern,
  ): { text: string; pattern: RootPattern; visits: () => number } {
    let visited = 0;
    const count = () => Boolean(++visited);
    const lines: string[] = [];
    const build = (level: number, i: number): { name: string; pattern: Pattern } => {
      if (level === 0) return { name: '%x', pattern: leaf(i) };
      const [left, right] = [build(level - 1, 2 * i), build(level - 1, 2 * i + 1)];
      const name = `%n${lines.length}`;
      lines.push(`  ${name} = add ${left.name}, ${right.name} {activation="${i % 2 ? 'relu' : 'tanh'}"}`);
      return { name, pattern: op('add', left.pattern, right.pattern).where(count).anyEpilogue() };
    };
    const { name, pattern } = build(levels, 0);
    const text = `graph @g(%x: f32[2])\n${lines.join('\n')}\n  return ${name}`;
    return { text, pattern: pattern as RootPattern, visits: () => visited };
  }

  // every order of 127 commutative nodes would be 2^127
  test.each([
    ['a leaf that nothing is', (i: number) => (i === 127 ? op('exp', any('e')) : any(`x${i}`))],
    ['a leaf that must be another value', (i: number) => (i === 127 ? same('root') : any(`x${i}`))],
  ])('%s', (_, leaf) => {
    const { text, pattern, visits } = tree(7, leaf);
    const named = { ...pattern, name: 'root' } as RootPattern;
    const graph = parse(text);
    const reasons: string[] = [];
    const never = rule({ name: 'never', match: named, rewrite: () => graph.inputs[0] as never });
    expect(applyRules(graph, [never], { onDecline: ({ reason }) => reasons.push(reason) })).toBe(0);
    expect(visits()).toBeLessThan(127 * 20_000);
    expect(reasons.length).toBeGreaterThan(0);
  });

  test('alternatives in commutative places', () => {
    const { text, pattern, visits } = tree(6, (i) => either(any(`a${i}`), op('relu', any(`b${i}`))));
    const graph = parse(text);
    const once = rule({ name: 'once', match: pattern, rewrite: () => graph.inputs[0] as never });
    expect(applyRules(graph, [once])).toBe(1);
    expect(visits()).toBeLessThan(10_000);
  });
});
