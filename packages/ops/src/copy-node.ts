import { type Attrs, CompileError, type Graph, type Node, type Value } from '@ghostc/ir';
import { buildNode } from './build-node.ts';

/** What differs in the copy of a node. */
export interface NodeChanges {
  readonly attrs?: Attrs;
  readonly rename?: (name: string) => string;
}

/** The values of a copied graph, by those of its source. */
export type Twins = Map<Value, Value>;

/** Adds the node to `graph` on the twins of its inputs, with types inferred again. Outputs that have no twin yet get theirs. */
export function copyNode(graph: Graph, node: Node, twins: Twins, changes: NodeChanges = {}): void {
  const { attrs = node.attrs, rename = (name: string) => name } = changes;
  const inputs = node.inputs.map((value) => value && twinOf(value, twins));
  const names = node.outputs.map((value) => rename(value.name));
  const { op, origin, partOrigins } = node;
  const twin = buildNode(graph, { op, inputs, attrs, origin, partOrigins, names });
  node.outputs.forEach((value, i) => {
    if (!twins.has(value)) twins.set(value, twin.outputs[i] ?? twin.output);
  });
}

/** Throws `ir/dominance` for a value that has not been copied yet. */
export function twinOf(value: Value, twins: ReadonlyMap<Value, Value>): Value {
  const twin = twins.get(value);
  if (twin) return twin;
  throw new CompileError('ir/dominance', `%${value.name} is used before it is defined`);
}
