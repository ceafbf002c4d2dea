import {
  Graph,
  type GraphSource,
  type Node,
  type Tensor,
  type TensorType,
  type Value,
  verify,
} from '@ghostc/ir';
import { type Copies, copyNode, copyOf, registry } from '@ghostc/ops';

/** What changes while a graph is copied. Everything else is unchanged; every type is inferred again. */
export interface CopyChanges {
  /** Another name for an input, an output or an inner value. */
  readonly rename?: (name: string) => string;
  /** Another type for an input. */
  readonly inputType?: (input: Value) => TensorType;
  /** Another tensor for a constant. */
  readonly constant?: (tensor: Tensor) => Tensor;
  /** The attributes of the copy of a node. */
  readonly attrs?: (node: Node) => Node['attrs'];
}

/** A verified copy with changes; throws CompileError at the node that no longer fits. */
export function copyGraph(source: Graph, changes: CopyChanges = {}): Graph {
  const graph = new Graph(source.name);
  const rename = changes.rename ?? ((name) => name);
  graph.source = source.source && renamedNotes(source.source, rename);
  const copies: Copies = new Map();
  copyInto(graph, source, copies, changes);
  for (const { name, value } of source.outputs) graph.addOutput(rename(name), copyOf(value, copies));
  return checked(graph);
}

/** Copies inputs (those not yet in `copies`), constants and nodes into `graph`; the caller sets the outputs. */
export function copyInto(graph: Graph, source: Graph, copies: Copies, changes: CopyChanges = {}): void {
  const {
    rename = (name: string) => name,
    inputType = (input: Value) => input.type,
    constant = (tensor: Tensor) => tensor,
    attrs = (node: Node) => node.attrs,
  } = changes;
  for (const input of source.inputs)
    if (!copies.has(input)) copies.set(input, graph.addInput(rename(input.name), inputType(input)));
  for (const value of source.constants)
    if (value.constant) copies.set(value, graph.addConstant(rename(value.name), constant(value.constant)));
  for (const node of source.nodes()) copyNode(graph, node, copies, { attrs: attrs(node), rename });
}

/** The same, with new names for the values that `rename` maps. */
export function renamedNotes(source: GraphSource, rename: (name: string) => string): GraphSource {
  return { ...source, notes: new Map([...source.notes].map(([name, note]) => [rename(name), note])) };
}

/** The graph, after the verifier. */
export function checked(graph: Graph): Graph {
  verify(graph, registry);
  return graph;
}
