import type { Graph, Node, Value } from '@ghostc/ir';

/** Whether a graph is still what its copy is: the same nodes in the same order on the same values. Tensors and attributes by identity. */
export function sameGraph(a: Graph, b: Graph): boolean {
  if (a.nodeCount !== b.nodeCount || a.constants.size !== b.constants.size) return false;
  const partners = new Map<Value, Value>();
  const pair = (left: readonly Value[], right: readonly Value[]): boolean =>
    left.length === right.length &&
    left.every((value, i) => {
      const partner = right[i];
      if (partner) partners.set(value, partner);
      return partner !== undefined && partner.constant === value.constant && partner.type === value.type;
    });
  if (!pair(a.inputs, b.inputs) || !pair([...a.constants], [...b.constants])) return false;
  for (let [x, y] = [a.first, b.first]; x && y; [x, y] = [x.next, y.next])
    if (!sameNode(x, y, partners) || !pair(x.outputs, y.outputs)) return false;
  return (
    a.outputs.length === b.outputs.length &&
    a.outputs.every(
      ({ name, value }, i) => name === b.outputs[i]?.name && partners.get(value) === b.outputs[i]?.value,
    )
  );
}

function sameNode(a: Node, b: Node, partners: ReadonlyMap<Value, Value>): boolean {
  return (
    a.op === b.op &&
    a.attrs === b.attrs &&
    a.inputs.length === b.inputs.length &&
    a.inputs.every((value, i) => (value === null ? null : partners.get(value)) === b.inputs[i])
  );
}
