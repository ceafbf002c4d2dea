import { parseGraph, type Value } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { applyRules } from './apply-rules.ts';
import type { Build } from './build.ts';
import { any, chain, constant, each, either, op, optional, same } from './pattern.ts';
import { rule } from './rule.ts';

// What people get wrong: each is an error of the type checker (the expected errors below), or is thrown at the line that makes it.

const x = null as unknown as Value;
const build = null as unknown as Build;
/** Lines that only the type checker reads. */
const unread = (_: () => unknown): void => undefined;

describe('errors of the type checker', () => {
  test('in patterns', () => {
    unread(() => [
      // @ts-expect-error there is no op conv3d
      op('conv3d', any('x')),
      // @ts-expect-error there is no op reluu
      op('relu|reluu', any('x')),
      // @ts-expect-error a list of ops has bars
      op(['relu', 'clip'], any('x')),
      // @ts-expect-error inputs are patterns, not names
      op('relu', 'x'),
      // @ts-expect-error of conv2d there is no attribute stride
      op('conv2d', any('x'), any('w')).where(({ stride }) => stride),
      // @ts-expect-error strides are numbers
      op('conv2d', any('x'), any('w')).where(({ strides }) => strides === 'same'),
      // @ts-expect-error there is no such activation
      op('conv2d', any('x'), any('w')).where(({ activation }) => activation === 'relu6'),
      // @ts-expect-error an output has a number
      op('top_k', any('x')).output('indices'),
      // @ts-expect-error a rule starts at a node
      rule({ name: 'r', match: any('x'), rewrite: ({ x }) => x }),
      // @ts-expect-error a rule starts at one pattern
      rule({ name: 'r', match: either(op('relu', any('x'))), rewrite: () => x }),
    ]);
  });

  test('in captures', () => {
    unread(() => [
      // @ts-expect-error there is no capture y
      rule({ name: 'r', match: op('relu', any('x')), rewrite: ({ y }) => y }),
      // @ts-expect-error a node is no value
      rule({ name: 'r', match: op('relu', any('x')).as('act'), rewrite: ({ act }) => act }),
      rule({
        name: 'r',
        match: op('clip', any('x')).as('c'),
        // @ts-expect-error of a clip there is no attribute maximum
        unless: ({ c }) => c.attrs.maximum === 6 && 'no',
        rewrite: ({ x }) => x,
      }),
      // @ts-expect-error an optional input may be absent
      rule({ name: 'r', match: op('gemm', any('a'), any('b'), optional('c')), rewrite: ({ c }) => c }),
      // @ts-expect-error the captures of each() are lists
      rule({ name: 'r', match: op('concat', each(any('x'))), rewrite: ({ x }) => x.producer }),
    ]);
  });

  test('in what is built', () => {
    unread(() => [
      // @ts-expect-error there is no op conv3d
      build.conv3d({ x }),
      // @ts-expect-error weight is missing
      build.conv2d({ x }),
      // @ts-expect-error there is no attribute stride
      build.conv2d({ x, weight: x, stride: [2, 2] }),
      // @ts-expect-error strides are a list
      build.conv2d({ x, weight: x, strides: 2 }),
      // @ts-expect-error there is no such activation
      build.add({ a: x, b: x, activation: 'gelou' }),
      // @ts-expect-error the parts of a concat are a list
      build.concat({ xs: x, axis: 1 }),
    ]);
  });
});

test.each<[string, () => unknown, string]>([
  [
    'same() of nothing',
    () => rule({ name: 'r', match: op('mul', any('x'), same('xx')), rewrite: ({ x }) => x }),
    "same('xx')",
  ],
  ['too many inputs', () => op('relu', any('x'), any('y')), 'relu takes (x)'],
  [
    'too few inputs',
    () => rule({ name: 'r', match: op('conv2d', any('x')), rewrite: ({ x }) => x }),
    'add .others()',
  ],
  ['each() not at the end', () => op('concat', each(any('x')), any('y')), 'each() as the last input'],
  [
    'a chain of what is not associative',
    () => chain('sub', any('a'), constant('b')),
    'sub is not associative',
  ],
])('%s is thrown where it is made', (_, make, message) => {
  expect(make).toThrow(message);
});

test('ops are functions of their inputs and attributes by name', () => {
  const graph = parseGraph(
    'graph @g(%x: f32[1,1,2,2])\n  const %w: f32[1,1,1,1] = [2]\n  %0 = conv2d %x, %w\n  %1 = relu %0\n  return %1',
    { registry },
  );
  const fuse = rule({
    name: 'fuse',
    match: op('relu', op('conv2d', any('x'), constant('weight')).as('conv')),
    rewrite: ({ x, weight, conv: { attrs } }, make) =>
      make.conv2d({ x, weight, ...attrs, activation: 'relu' }),
  });
  expect(applyRules(graph, [fuse])).toBe(1);
  expect(graph.first?.attrs).toEqual({ activation: 'relu' });
});
