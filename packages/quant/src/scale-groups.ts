import { type Graph, isFloat, type Node, type Value } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';
import { isNearest, linearInPlanes } from './linear-in-planes.ts';

/** Values that share one scale. */
export class ScaleGroups {
  readonly #parent = new Map<Value, Value>();

  /** The representative of the group of `value`. */
  root(value: Value): Value {
    const parent = this.#parent.get(value);
    if (!parent || parent === value) return value;
    const root = this.root(parent);
    this.#parent.set(value, root);
    return root;
  }

  unite(a: Value, b: Value): void {
    const [first, second] = [this.root(a), this.root(b)];
    if (first !== second) this.#parent.set(second, first);
  }

  /** The members of each group, among `values`. */
  members(values: Iterable<Value>): Map<Value, Value[]> {
    const groups = new Map<Value, Value[]>();
    for (const value of values) {
      const root = this.root(value);
      const group = groups.get(root);
      if (group) group.push(value);
      else groups.set(root, [value]);
    }
    return groups;
  }
}

/**
 * Which values must share a scale because integers pass between them unchanged: all parts of a concat (so
 * both parts of a Ghost module, and the buffer that they write), and inputs and output of ops that move or
 * pick elements.
 */
export function findScaleGroups(graph: Graph): ScaleGroups {
  const groups = new ScaleGroups();
  for (const node of graph.nodes())
    for (const input of carriedInputs(node)) if (!input.constant) groups.unite(node.output, input);
  return groups;
}

/** Whether the op returns elements of its input, or interpolates between two of them. */
export function carriesScale(node: Node): boolean {
  if (lookup(node.op).traits.has('movement') || node.op === 'max_pool') return true;
  return node.op === 'resize' && (isNearest(node) || linearInPlanes(node) !== undefined);
}

/** The inputs whose elements the op returns unchanged; not indices. */
export function carriedInputs(node: Node): Value[] {
  if (!carriesScale(node)) return [];
  return node.inputs.flatMap((input) => (input && isFloat(input.type.dtype) ? [input] : []));
}
