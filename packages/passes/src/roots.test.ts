import { type Graph, parseGraph, randomTensor, toNumbers } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { applyRules, type NearMiss } from './apply-rules.ts';
import { findMatches } from './find-matches.ts';
import { any, constant, op, type RootPattern, roots, same } from './pattern.ts';
import { patternOf } from './pattern-of.ts';
import { rule } from './rule.ts';

const parse = (text: string): Graph => parseGraph(text, { registry });
const numbers = (graph: Graph): number[] => {
  const x = randomTensor({ dtype: 'f32', shape: (graph.inputs[0]?.type.shape ?? []).map(Number) }, 4);
  return evaluateGraph(graph, [x]).flatMap((one) => Array.from(toNumbers(one), Number));
};

/** v x and w x are halves of [v w] x. */
const joined = rule({
  name: 'joined',
  match: roots(op('matmul', any('x'), constant('v')), op('matmul', any('x'), constant('w'))),
  rewrite: ({ x, v, w }, build) => {
    const [left, right] = [Number(v.type.shape[1]), Number(w.type.shape[1])];
    const both = build.matmul({ a: x, b: build.concat({ xs: [v, w], axis: 1 }) });
    return [
      build.slice({ x: both, axes: [1], starts: [0], ends: [left] }),
      build.slice({ x: both, axes: [1], starts: [left], ends: [left + right] }),
    ];
  },
});

const products = (second: string, extra = '', last = '%a, %b'): string => `graph @g(%x: f32[2,3])
  const %v: f32[3,2] = [1,2,3,4,5,6]
  const %w: f32[3,4] = [1,0,2,0,3,0,4,0,5,0,6,0]
  %a = matmul %x, %v
${extra}  %b = matmul ${second}, %w
  return ${last}`;

describe('several roots', () => {
  test('are replaced together, each by its own value', () => {
    const graph = parse(products('%x'));
    const before = numbers(graph);
    expect(applyRules(graph, [joined])).toBe(1);
    expect([...graph.nodes()].filter(({ op: name }) => name === 'matmul')).toHaveLength(1);
    expect(numbers(graph)).toEqual(before);
  });

  test.each([
    ['they do not read the same', products('%y', '  %y = neg %x\n'), 'nothing matched'],
    [
      'one reads what is computed after the other',
      products('%x', '', '%a, %b')
        .replace('const %w: f32[3,4]', 'const %k: f32[3,4]')
        .replace('%b = matmul %x, %w', '%w = neg %k\n  %b = matmul %x, %w'),
      'is computed between the roots',
    ],
  ])('decline where %s', (_, text, reason) => {
    const graph = parse(text);
    const misses: NearMiss[] = [];
    const loose = rule({
      name: 'loose',
      match: roots(op('matmul', any('x'), any('v')), op('matmul', any('x'), any('w'))),
      rewrite: ({ x, v, w }, build) => [build.matmul({ a: x, b: v }), build.matmul({ a: x, b: w })],
    });
    expect(applyRules(graph, [loose], { onDecline: (miss) => misses.push(miss) })).toBe(0);
    expect(misses.some((miss) => miss.reason.includes(reason))).toBe(true);
  });

  test('need a value each, and nodes to start at', () => {
    const one = rule({
      name: 'one',
      match: roots(op('matmul', any('x'), any('v')), op('matmul', any('x'), any('w'))),
      rewrite: ({ x, v }, build) => build.matmul({ a: x, b: v }),
    });
    const misses: NearMiss[] = [];
    applyRules(parse(products('%x')), [one], { onDecline: (miss) => misses.push(miss) });
    expect(misses[0]?.reason).toBe('expected a value for each of the 2 roots');
    const value = any('x') as unknown as RootPattern;
    expect(() => rule({ name: 'r', match: roots(op('relu', any('x')), value), rewrite: () => [] })).toThrow(
      'expected op() or chain() at the root, found any()',
    );
  });
});

const blocks = `graph @g(%x: f32[1,2,4,4])
  const %w: f32[2,2,1,1] = [1,2,3,4]
  const %b: f32[2] = [1,2]
  %a = conv2d %x, %w, %b
  %s = sigmoid %a
  %m = mul %a, %s
  %c = conv2d %m, %w, %b
  %t = sigmoid %c
  %n = mul %t, %c
  %d = conv2d %n, %w {strides=[2,2]}
  %u = sigmoid %d
  %p = mul %d, %u
  return %p`;

describe('findMatches', () => {
  test('finds what a rule would match, and changes nothing', () => {
    const graph = parse(blocks);
    const { edits } = graph;
    const silu = op('mul', op('sigmoid', any('x')), same('x'));
    expect(findMatches(graph, silu).map(({ captures: { x } }) => x.name)).toEqual(['a', 'c', 'd']);
    expect(
      findMatches(graph, op('conv2d', any('x'), constant('w'))).map(({ nodes }) => nodes[0]?.output.name),
    ).toEqual(['d']);
    expect(graph.edits).toBe(edits);
    expect(() => findMatches(graph, op('mul', any('x'), same('y')))).toThrow("same('y')");
  });
});

describe('patternOf', () => {
  test('a block that is selected is found again, whatever its operands, in either order', () => {
    const graph = parse(blocks);
    const nodes = [...graph.nodes()];
    const found = findMatches(graph, patternOf(nodes.slice(0, 3)));
    expect(found.map(({ nodes: [root] }) => root?.output.name)).toEqual(['m', 'n']);
    expect(Object.keys(found[0]?.captures ?? {}).sort()).toEqual(['a', 'b', 'm', 's', 'w', 'x']);
    expect(findMatches(graph, patternOf(nodes.slice(6)))).toHaveLength(1);
  });

  test('several ends are roots', () => {
    const graph = parse(products('%x'));
    expect(findMatches(graph, patternOf(graph.nodes()))).toHaveLength(2);
    expect(() => patternOf([])).toThrow('expected nodes to make a pattern of, found none');
  });
});
