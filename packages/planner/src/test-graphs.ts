import {
  Graph,
  itemAt,
  type Node,
  numElements,
  type StorageRule,
  type TensorType,
  type Value,
} from '@ghostc/ir';
import fc from 'fast-check';
import type { PlanOptions } from './memory-plan.ts';

/** For tests: ops that ask every kind of storage, and random graphs of them. */
const rules: Record<string, (node: Node) => StorageRule> = {
  make: () => ({ kind: 'own' }),
  view: () => ({ kind: 'view' }),
  cat: () => ({ kind: 'join', axis: 1 }),
  outer: () => ({ kind: 'join', axis: 2 }),
  shrink: () => ({ kind: 'in-place', inputs: [0] }),
  ew: (node) => ({ kind: 'in-place', inputs: [...node.inputs.keys()] }),
};
export const storageRule = (node: Node): StorageRule => rules[node.op]?.(node) ?? { kind: 'own' };
export const options = (io: 'caller' | 'arena', more: Partial<PlanOptions> = {}): PlanOptions => ({
  storageRule,
  io,
  align: 16,
  ...more,
});

export const type = (channels: number, height = 1): TensorType => ({
  dtype: 'f32',
  shape: [1, channels, height, 1],
});
export const add = (graph: Graph, op: string, inputs: Value[], output: TensorType): Value =>
  graph.add({ op, inputs, types: [output] }).output;
/** A random graph from a list of choices; all values are [1,C,1,1]. */
export function randomGraph(
  choices: readonly (readonly [number, number, number, number])[],
  outputs: readonly number[],
): Graph {
  const graph = new Graph();
  const values = [graph.addInput('a', type(4)), graph.addInput('b', type(6))];
  values.push(graph.addConstant('k', { dtype: 'f32', shape: [1, 4, 1, 1], data: new Float32Array(4) }));
  for (const [kind, i, j, size] of choices) {
    const x = itemAt(values, values.length - 1 - (i % Math.min(values.length, 6)));
    const y = itemAt(values, j % values.length);
    const channels = (value: Value): number => numElements(value.type.shape);
    if (kind === 0) values.push(add(graph, 'make', [x, y], type(1 + size)));
    else if (kind === 1) values.push(add(graph, 'view', [x], x.type));
    else if (kind === 2) values.push(add(graph, 'cat', [x, y], type(channels(x) + channels(y))));
    else if (kind === 4) values.push(add(graph, 'shrink', [x], type(Math.max(1, channels(x) - size))));
    else values.push(add(graph, 'ew', channels(y) === channels(x) ? [x, y] : [x], x.type));
  }
  outputs.forEach(
    (pick, i) => void graph.addOutput(`out${i}`, itemAt(values, values.length - 1 - (pick % values.length))),
  );
  return graph;
}

export const recipes = fc.tuple(
  fc.array(fc.tuple(fc.nat(4), fc.nat(9), fc.nat(40), fc.nat(9)), { minLength: 1, maxLength: 25 }),
  fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
);
