import { parseGraph, printGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { applyRules, type NearMiss } from './apply-rules.ts';
import { any, constant, either, op, optional, same } from './pattern.ts';
import { rule } from './rule.ts';

const parse = (text: string) => parseGraph(text, { registry });

describe('patterns', () => {
  test('a misspelt capture is a type error', () => {
    rule({
      name: 'typed',
      match: op('relu', any('x')).as('act'),
      // @ts-expect-error there is no capture y
      unless: ({ y }) => y && 'no',
      rewrite: ({ x, act }, build) => build.node(act.op, [x]),
    });
  });

  test('commutative ops match in either order, others do not', () => {
    const fired = (text: string, name: string) =>
      applyRules(parse(text), [
        rule({ name: 'r', match: op(name, any('x'), constant('c')), rewrite: ({ x }) => x }),
      ]);
    const graph = (name: string) =>
      `graph @g(%x: f32[2])\n  const %c: f32[2] = [1, 2]\n  %0 = ${name} %c, %x\n  return %0`;
    expect(fired(graph('add'), 'add')).toBe(1);
    expect(fired(graph('sub'), 'sub')).toBe(0);
  });

  test('optional inputs are there or not', () => {
    const seen: (string | undefined)[] = [];
    const watch = rule({
      name: 'w',
      match: op('conv2d', any('x'), constant('w'), optional('b')),
      unless: ({ b }) => {
        seen.push(b?.name);
        return 'looking';
      },
      rewrite: ({ x }) => x,
    });
    applyRules(
      parse(
        'graph @g(%x: f32[1,1,1,1])\n  const %w: f32[1,1,1,1] = [1]\n  const %b: f32[1] = [2]\n  %0 = conv2d %x, %w, %b\n  %1 = conv2d %0, %w\n  return %1',
      ),
      [watch],
    );
    expect(seen).toEqual(['b', undefined]);
  });

  test('alternatives, and a value that must be the same', () => {
    const text =
      'graph @g(%x: f32[2])\n  %0 = sigmoid %x\n  %1 = mul %0, %x\n  %2 = tanh %1\n  %3 = mul %2, %x\n  return %3';
    const gate = rule({
      name: 'gate',
      match: op('mul', either(op('sigmoid', any('x')), op('tanh', any('x'))), same('x')),
      rewrite: ({ x }, build) => build.node('neg', [x as NonNullable<typeof x>]),
    });
    const graph = parse(text);
    expect(applyRules(graph, [gate])).toBe(1);
    expect(printGraph(graph).text).toContain('neg %x');
  });
});

describe('the matcher', () => {
  test('keeps graph outputs by name and declines when an inner value goes out', () => {
    const merge = rule({
      name: 'm',
      match: op('relu', op('relu', any('x'))),
      rewrite: ({ x }, build) => build.node('relu', [x]),
    });
    const reasons: string[] = [];
    const graph = parse(
      'graph @g(%x: f32[2])\n  %0 = relu %x\n  %1 = relu %0\n  return %0 as "inner", %1 as "outer"',
    );
    expect(applyRules(graph, [merge], { onDecline: ({ reason }) => reasons.push(reason) })).toBe(0);
    expect(reasons).toContain('%0 is an output of the graph');
    const single = parse('graph @g(%x: f32[2])\n  %0 = relu %x\n  %1 = relu %0\n  return %1 as "outer"');
    applyRules(single, [merge]);
    expect(single.outputs[0]?.name).toBe('outer');
  });

  test('new nodes carry the names of what they came from', () => {
    const merge = rule({
      name: 'm',
      match: op('relu', op('relu', any('x'))),
      rewrite: ({ x }, build) => build.node('relu', [x]),
    });
    const graph = parse(
      'graph @g(%x: f32[2])\n  %0 = relu %x from "a"\n  %1 = relu %0 from "b"\n  return %1',
    );
    applyRules(graph, [merge]);
    expect(graph.first?.origin).toEqual(['a', 'b']);
  });

  test('rules that undo one another are stopped', () => {
    const there = rule({
      name: 'there',
      match: op('relu', any('x')),
      rewrite: ({ x }, build) => build.node('abs', [x]),
    });
    const back = rule({
      name: 'back',
      match: op('abs', any('x')),
      rewrite: ({ x }, build) => build.node('relu', [x]),
    });
    expect(() =>
      applyRules(parse('graph @g(%x: f32[2])\n  %0 = relu %x\n  return %0'), [there, back]),
    ).toThrow('keeps firing');
  });

  test.each([
    ['of another type', { shape: [1, 2] }, 'the replacement of f32[2] is f32[1,2]'],
    ['that cannot be built', { shape: [3] }, '[2] does not reshape to [3]'],
  ])('a rule with a replacement %s declines and leaves the graph alone', (_, attrs, reason) => {
    const wrong = rule({
      name: 'wrong',
      match: op('relu', any('x')),
      rewrite: ({ x }, build) => {
        const constant = build.constant({ dtype: 'f32', shape: [2], data: Float32Array.of(1, 2) }, 'c');
        return build.node('reshape', [build.node('add', [x, constant])], attrs);
      },
    });
    const graph = parse('graph @g(%x: f32[2])\n  %0 = relu %x\n  return %0');
    const before = printGraph(graph).text;
    const misses: NearMiss[] = [];
    expect(applyRules(graph, [wrong], { onDecline: (miss) => misses.push(miss) })).toBe(0);
    expect(misses).toMatchObject([{ rule: 'wrong', reason, error: { detail: reason } }]);
    expect(printGraph(graph).text).toBe(before);
  });

  test('a constant that all nodes share does not make all of them be tried again', () => {
    const lines = Array.from(
      { length: 500 },
      (_, i) => `  %n${i} = neg ${i ? `%a${i - 1}` : '%x'}\n  %a${i} = add %n${i}, %c`,
    );
    const graph = parse(
      `graph @g(%x: f32[1])\n  const %c: f32[1] = [1]\n${lines.join('\n')}\n  return %a499`,
    );
    const turn = rule({
      name: 'turn',
      match: op('add', op('neg', any('x')), constant('c')),
      rewrite: ({ x, c }, build) => build.node('sub', [c, x]),
    });
    let tried = 0;
    const other = rule({
      name: 'other',
      match: op('sub|add', op('relu', any('x')), any('c')),
      rewrite: ({ x }) => x,
    });
    expect(applyRules(graph, [other, turn], { onDecline: () => tried++ })).toBe(500);
    expect(tried).toBeLessThan(500 * 6);
  });

  test('a change far above the root is seen', () => {
    const text = `graph @g(%x: f32[2])
  %0 = identity %x
  %1 = neg %0
  %2 = abs %1
  %3 = relu %2
  return %3`;
    const deep = rule({
      name: 'deep',
      match: op('relu', op('abs', op('neg', op('exp', any('x'))))),
      rewrite: ({ x }, build) => build.node('tanh', [x]),
    });
    const turn = (from: string, to: string) =>
      rule({ name: from, match: op(from, any('x')), rewrite: ({ x }, build) => build.node(to, [x]) });
    const graph = parse(text);
    // floor is tried after everything, so that relu sees exp only when tried again
    expect(applyRules(graph, [deep, turn('identity', 'floor'), turn('floor', 'exp')])).toBe(3);
    expect(printGraph(graph).text).toContain('tanh %x');
  });
});
