import { f32, type Graph, type TensorType } from '@ghostc/ir';
import { type NodeProto, outerNames } from '@ghostc/onnx';
import { outputsOf } from './node-writer.ts';
import { inOlderOpset, type Operands, type WrittenNode } from './older-opsets.ts';
import type { OnnxGraph } from './onnx-graph.ts';

/** Nodes and initializers of a graph below opset 13; undefined if a node has no form in its opset. */
export function olderForm(
  graph: Graph,
  { target, opset }: { readonly target: OnnxGraph; readonly opset: number },
): { node: readonly object[]; initializer: readonly object[] } | undefined {
  const operands = operandsOf(graph, target);
  const node: object[] = [];
  for (const one of target.nodes) {
    const older = target.kept.has(one) ? one : inOlderOpset(one as WrittenNode, opset, operands);
    if (!older) return undefined;
    node.push(older);
  }
  const read = new Set(node.flatMap((one) => readBy(one as NodeProto)));
  return { node, initializer: target.initializers.filter(({ name }) => read.has(name)) };
}

function readBy({ input = [], attribute = [] }: NodeProto): string[] {
  return [...input, ...attribute.flatMap(outerNames)];
}

function operandsOf(graph: Graph, target: OnnxGraph): Operands {
  const { tensors } = target;
  const types = new Map<string, TensorType>();
  for (const { name, type } of graph.inputs) types.set(name, type);
  for (const { outputs } of graph.nodes()) for (const { name, type } of outputs) types.set(name, type);
  for (const [value, name] of outputsOf(graph)) types.set(name, value.type);
  let empty: string | undefined;
  const nothing = (): string => {
    empty ??= target.initializer(f32([0], []), 'nothing');
    return empty;
  };
  const type = (name: string): TensorType | undefined => tensors.get(name) ?? types.get(name);
  return { tensor: (name) => tensors.get(name), type, nothing };
}
