import type { Graph, Node, Value } from '@ghostc/ir';

/** Whether a graph is still what its copy is: the same nodes in the same order on the same values. Tensors and attributes by identity. */
export function sameGraph(a: Graph, b: Graph): boolean {
  if (a.nodeCount !== b.nodeCount || a.constants.size !== b.constants.size) return false;
  const twins = new Map<Value, Value>();
  const pair = (left: readonly Value[], right: readonly Value[]): boolean =>
    left.length === right.length &&
    left.every((value, i) => {
      const twin = right[i];
      if (twin) twins.set(value, twin);
      return twin !== undefined && twin.constant === value.constant && twin.type === value.type;
    });
  if (!pair(a.inputs, b.inputs) || !pair([...a.constants], [...b.constants])) return false;
  for (let [x, y] = [a.first, b.first]; x && y; [x, y] = [x.next, y.next])
    if (!sameNode(x, y, twins) || !pair(x.outputs, y.outputs)) return false;
  return (
    a.outputs.length === b.outputs.length &&
    a.outputs.every(
      ({ name, value }, i) => name === b.outputs[i]?.name && twins.get(value) === b.outputs[i]?.value,
    )
  );
}

function sameNode(a: Node, b: Node, twins: ReadonlyMap<Value, Value>): boolean {
  return (
    a.op === b.op &&
    a.attrs === b.attrs &&
    a.inputs.length === b.inputs.length &&
    a.inputs.every((value, i) => (value === null ? null : twins.get(value)) === b.inputs[i])
  );
}
