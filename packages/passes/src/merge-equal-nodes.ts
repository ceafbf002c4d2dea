import { formatType, type Graph, type Node, tensorType, toBytes, type Value } from '@ghostc/ir';
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

/** Two outputs of the graph stay two values. */
function bothAreOutputs(graph: Graph, a: Node, b: Node): boolean {
  return a.outputs.some((value) => graph.isOutput(value)) && b.outputs.some((value) => graph.isOutput(value));
}

function mergeConstants(graph: Graph): void {
  const seen = new Map<string, Value[]>();
  for (const value of [...graph.constants]) {
    const tensor = value.constant;
    if (!tensor || graph.isOutput(value)) continue;
    const bytes = toBytes(tensor.data);
    const key = `${formatType(tensorType(tensor))} ${fingerprint(bytes)}`;
    const candidates = seen.get(key) ?? [];
    const equal = candidates.find(
      (other) => other.constant && equalBytes(bytes, toBytes(other.constant.data)),
    );
    if (!equal) {
      seen.set(key, [...candidates, value]);
      continue;
    }
    graph.replaceAllUses(value, equal);
    graph.removeConstant(value);
  }
}

/** FNV-1a over the first and last 64 bytes: equality is checked in full afterwards. */
function fingerprint(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  const mix = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  };
  bytes.subarray(0, 64).forEach(mix);
  bytes.subarray(-64).forEach(mix);
  return hash;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
