import {
  formatType,
  type Graph,
  hashWords,
  type Node,
  sameWords,
  type TensorData,
  tensorType,
  type Value,
  wordsOf,
} from '@ghostc/ir';
import type { Pass } from './pass.ts';

/** Common-subexpression elimination: equal constants become one, then equal nodes (op, attributes, inputs) become one. */
export const mergeEqualNodes: Pass = {
  name: 'merge-equal-nodes',
  run(graph) {
    mergeConstants(graph);
    mergeNodes(graph);
  },
};

function mergeNodes(graph: Graph): void {
  const ids = new Map<Value, number>();
  const idOf = (value: Value): number => {
    if (!ids.has(value)) ids.set(value, ids.size);
    return ids.get(value) ?? -1;
  };
  const seen = new Map<string, Node>();
  for (const node of graph.nodes()) {
    const attrs = Object.entries(node.attrs).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([
      node.op,
      attrs.map(([name, value]) => [name, attrKey(value)]),
      node.inputs.map((value) => (value ? idOf(value) : -1)),
    ]);
    const equal = seen.get(key);
    if (!equal || bothAreOutputs(graph, node, equal)) {
      seen.set(key, node);
      continue;
    }
    node.outputs.forEach((value, i) => graph.replaceAllUses(value, equal.outputs[i] ?? equal.output));
    graph.remove(node);
  }
}

/** JSON has no infinities, NaN or -0. */
function attrKey(value: unknown): unknown {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : Object.is(value, -0)
        ? '-0'
        : String(value);
  return Array.isArray(value) ? value.map(attrKey) : value;
}

/** Two outputs of the graph remain two values. */
function bothAreOutputs(graph: Graph, a: Node, b: Node): boolean {
  return a.outputs.some((value) => graph.isOutput(value)) && b.outputs.some((value) => graph.isOutput(value));
}

function mergeConstants(graph: Graph): void {
  const seen = new Map<string, Value[]>();
  const hashes = new Map<TensorData, number>();
  for (const value of [...graph.constants]) {
    const tensor = value.constant;
    if (!tensor || graph.isOutput(value)) continue;
    const words = wordsOf(tensor.data);
    const hash = hashes.get(tensor.data) ?? hashWords(words);
    hashes.set(tensor.data, hash);
    const key = `${formatType(tensorType(tensor))} ${hash}`;
    const candidates = seen.get(key) ?? [];
    const equal = candidates.find(
      (other) => other.constant && sameWords(words, wordsOf(other.constant.data)),
    );
    if (!equal) {
      seen.set(key, [...candidates, value]);
      continue;
    }
    graph.replaceAllUses(value, equal);
    graph.removeConstant(value);
  }
}
