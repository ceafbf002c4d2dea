import type { Graph, Node, Value } from '@ghostc/ir';
import { attrsOf, slice } from '@ghostc/ops';

/** Neighbouring parts of a value along an axis that are all of it: one Split. */
export interface Split {
  readonly axis: number;
  /** In the order of the axis. */
  readonly slices: readonly Node[];
}

/** Splits by each of their slices, of those that `written` takes. */
export function splitsOf(graph: Graph, written: (node: Node) => boolean): Map<Node, Split> {
  const splits = new Map<Node, Split>();
  for (const value of [...graph.inputs, ...[...graph.nodes()].flatMap(({ outputs }) => outputs)])
    for (const [axis, parts] of partsByAxis(value, written)) {
      const slices = parts.sort((a, b) => a.from - b.from);
      const whole = slices.every(({ from }, i) => from === (slices[i - 1]?.to ?? 0));
      if (slices.length < 2 || !whole || slices.at(-1)?.to !== value.type.shape[axis]) continue;
      const split = { axis, slices: slices.map(({ node }) => node) };
      for (const node of split.slices) splits.set(node, split);
    }
  return splits;
}

interface Part {
  readonly node: Node;
  readonly from: number;
  readonly to: number;
}

function partsByAxis(value: Value, written: (node: Node) => boolean): Map<number, Part[]> {
  const parts = new Map<number, Part[]>();
  for (const node of value.users) {
    if (node.op !== 'slice' || !written(node)) continue;
    const { starts, axes, steps } = attrsOf(slice, node);
    const [axis = 0, start = 0, step = 1] = [axes[0], starts[0], steps[0]];
    const size = Number(value.type.shape[axis]);
    const count = Number(node.output.type.shape[axis]);
    if (axes.length !== 1 || axis < 0 || step !== 1 || !(size > 0) || count === 0) continue;
    const from = Math.max(0, start < 0 ? start + size : start);
    parts.set(axis, [...(parts.get(axis) ?? []), { node, from, to: from + count }]);
  }
  return parts;
}
