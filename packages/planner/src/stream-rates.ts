import type { Node, RowRule, Value } from '@ghostc/ir';

/** Rows that each value gets in a band, if the slowest get `rows`; null if the values' rates do not go together. */
export function streamRates(
  nodes: readonly Node[],
  rules: ReadonlyMap<Node, RowRule>,
  rows: number,
): Map<Value, number> | null {
  const edges = nodes.flatMap((node) => rowEdges(node, rules.get(node)));
  const rates = new Map<Value, number>();
  const first = nodes.at(-1)?.output;
  if (first) rates.set(first, 1);
  for (let known = 0; known < rates.size; ) {
    known = rates.size;
    for (const { from, to, stride } of [...edges].reverse()) {
      const [source, target] = [rates.get(from), rates.get(to)];
      if (target !== undefined && source === undefined) rates.set(from, target * stride);
      else if (source !== undefined && target === undefined) rates.set(to, source / stride);
      else if (source !== undefined && source !== (target ?? 0) * stride) return null;
    }
  }
  const slowest = Math.min(...rates.values());
  const scaled = new Map([...rates].map(([value, rate]) => [value, (rate / slowest) * rows]));
  const all = nodes.every(({ output }) => scaled.has(output));
  return all && [...scaled.values()].every(Number.isInteger) ? scaled : null;
}

interface RowEdge {
  readonly from: Value;
  readonly to: Value;
  readonly stride: number;
}

function rowEdges(node: Node, rule: RowRule | undefined): RowEdge[] {
  return node.inputs.flatMap((from, i) => {
    const window = rule?.windows[i];
    return from && window ? [{ from, to: node.output, stride: window.stride }] : [];
  });
}
