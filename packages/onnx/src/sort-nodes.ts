import { CompileError } from '@ghostc/ir';
import type { NodeProto } from './onnx-types.ts';
import { bodiesOf } from './outer-names.ts';

export interface NamedNode {
  readonly proto: NodeProto;
  /** The node's name, or its op and index if it has none. */
  readonly name: string;
}

/**
 * Nodes in an order in which every value is computed before it is read, as near to the file's as can be. Throws
 * `onnx/cycle` and `onnx/duplicate`.
 */
export function sortNodes(protos: readonly NodeProto[], prefix = ''): NamedNode[] {
  const nodes = protos.map((proto, i) => ({
    proto,
    name: prefix + (proto.name || `${proto.op_type}_${i}`),
  }));
  const producers = producersOf(nodes);
  const state = new Map<NamedNode, 'open' | 'done'>();
  const sorted: NamedNode[] = [];
  for (const node of nodes) visit(node, { producers, state, sorted });
  return sorted;
}

interface Walk {
  readonly producers: ReadonlyMap<string, NamedNode>;
  readonly state: Map<NamedNode, 'open' | 'done'>;
  readonly sorted: NamedNode[];
}

/** Depth first with an explicit stack: untrusted models may be deeper than the call stack. */
function visit(root: NamedNode, { producers, state, sorted }: Walk): void {
  const stack = [root];
  for (let node = stack.at(-1); node; node = stack.at(-1)) {
    if (state.get(node) === 'done') {
      stack.pop();
      continue;
    }
    const pending = readNames(node.proto)
      .flatMap((name) => producers.get(name) ?? [])
      .filter((producer) => state.get(producer) !== 'done');
    if (pending.length === 0) {
      state.set(node, 'done');
      sorted.push(node);
      stack.pop();
      continue;
    }
    const open = pending.find((producer) => state.get(producer) === 'open' || producer === node);
    if (open)
      throw new CompileError('onnx/cycle', `the graph has a cycle through ${open.name}`, {
        node: node.name,
        op: node.proto.op_type,
      });
    state.set(node, 'open');
    stack.push(...pending.reverse());
  }
}

/** Inputs of a node, and what its branches read, which may be names from outside. */
function readNames({ input = [], attribute = [] }: NodeProto): string[] {
  const names = [...input];
  const graphs = bodiesOf(attribute);
  for (let graph = graphs.pop(); graph; graph = graphs.pop()) {
    names.push(...(graph.output ?? []).map(({ name = '' }) => name));
    for (const node of graph.node ?? []) {
      names.push(...(node.input ?? []));
      graphs.push(...bodiesOf(node.attribute ?? []));
    }
  }
  return names;
}

function producersOf(nodes: readonly NamedNode[]): Map<string, NamedNode> {
  const producers = new Map<string, NamedNode>();
  for (const node of nodes) {
    for (const output of node.proto.output ?? []) {
      if (!output) continue;
      if (producers.has(output))
        throw new CompileError('onnx/duplicate', `${JSON.stringify(output)} is defined twice`, {
          node: node.name,
          op: node.proto.op_type,
        });
      producers.set(output, node);
    }
  }
  return producers;
}
