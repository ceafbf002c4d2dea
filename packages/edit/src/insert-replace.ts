import { type Attrs, CompileError, type Graph, type Node, sameShape, type Tensor } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import { checked } from './copy-graph.ts';
import { findValue } from './find.ts';

/** A node to add. Inputs are names of values, tensors (which become constants), or null for an absent optional one. */
export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly (string | Tensor | null)[];
  readonly attrs?: Attrs;
  readonly name?: string;
}

/** Puts a node after a value: everything that read the value reads the node's result. The spec's inputs name the value. */
export function insertAfter(graph: Graph, valueName: string, spec: NodeSpec): Graph {
  const copy = graph.clone();
  const value = findValue(copy, valueName);
  const users = [...value.users];
  const outputs = copy.outputs.filter((output) => output.value === value);
  const node = add(copy, spec, users[0] ? earliest(copy, users) : null);
  for (const user of users) copy.replaceInput(user, value, node.output);
  for (const output of outputs) output.value = node.output;
  return checked(copy);
}

/** Replaces the node that computes a value. Throws `edit/not-found`, and `edit/type` unless the new result has the same type. */
export function replaceNode(graph: Graph, valueName: string, spec: NodeSpec): Graph {
  const copy = graph.clone();
  const value = findValue(copy, valueName);
  const old = value.producer;
  if (!old) throw new CompileError('edit/not-found', `no node computes %${valueName}`);
  const node = add(copy, spec, old);
  const [was, is] = [value.type, node.output.type];
  if (was.dtype !== is.dtype || !sameShape(was.shape, is.shape)) {
    throw new CompileError(
      'edit/type',
      `the replacement gives ${is.dtype}[${is.shape.join(',')}], expected ${was.dtype}[${was.shape.join(',')}]`,
      { node: old.origin[0], op: spec.op },
    );
  }
  copy.replaceAllUses(value, node.output);
  copy.remove(old);
  return checked(copy);
}

/** Takes a node out: what read its result reads the input at `slot`. Throws `edit/not-found`. */
export function bypassNode(graph: Graph, valueName: string, slot = 0): Graph {
  const copy = graph.clone();
  const value = findValue(copy, valueName);
  const node = value.producer;
  const source = node?.inputs[slot];
  if (!node || !source)
    throw new CompileError('edit/not-found', `no node with an input ${slot} computes %${valueName}`);
  copy.replaceAllUses(value, source);
  copy.remove(node);
  return checked(copy);
}

function add(graph: Graph, { op, inputs, attrs = {}, name }: NodeSpec, before: Node | null): Node {
  const values = inputs.map((input) =>
    input === null
      ? null
      : typeof input === 'string'
        ? findValue(graph, input)
        : graph.addConstant(`${name ?? op}_constant`, input),
  );
  return buildNode(graph, {
    op,
    inputs: values,
    attrs,
    before,
    names: [name ?? op],
    origin: name ? [name] : [],
  });
}

function earliest(graph: Graph, nodes: readonly Node[]): Node | null {
  const wanted = new Set(nodes);
  for (const node of graph.nodes()) if (wanted.has(node)) return node;
  return null;
}
