import { type Attrs, CompileError, type Graph, type Node, type Value } from '@ghostc/ir';
import { buildNode } from './build-node.ts';

/** Overrides for the copy of a node. */
export interface NodeChanges {
  /** Values of the copied graph; the copies of the node's own inputs if absent. */
  readonly inputs?: readonly (Value | null)[];
  readonly attrs?: Attrs;
  readonly rename?: (name: string) => string;
}

/** The values of a copied graph, by those of its source. */
export type Copies = Map<Value, Value>;

/**
 * Adds the node to `graph` with the copies of its inputs, or other inputs; types are inferred again. Records
 * copies of its outputs that have none yet.
 */
export function copyNode(graph: Graph, node: Node, copies: Copies, changes: NodeChanges = {}): void {
  const { attrs = node.attrs, rename = (name: string) => name } = changes;
  const inputs = changes.inputs ?? node.inputs.map((value) => value && copyOf(value, copies));
  const names = node.outputs.map((value) => rename(value.name));
  const { op, origin, partOrigins, part } = node;
  const copy = buildNode(graph, { op, inputs, attrs, origin, partOrigins, part, names });
  node.outputs.forEach((value, i) => {
    if (!copies.has(value)) copies.set(value, copy.outputs[i] ?? copy.output);
  });
}

/** Throws `ir/dominance` for a value that has not been copied yet. */
export function copyOf(value: Value, copies: ReadonlyMap<Value, Value>): Value {
  const copy = copies.get(value);
  if (copy) return copy;
  throw new CompileError('ir/dominance', `%${value.name} is used before it is defined`);
}
