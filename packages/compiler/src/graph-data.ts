import { formatType, type Graph, type Node, type Value } from '@ghostc/ir';
import { registry, withDefaults } from '@ghostc/ops';

/** A value, for viewers. */
export interface ValueData {
  readonly name: string;
  /** As in `f32[1,3,224,224]`. */
  readonly type: string;
}

/** A node, for viewers. Plain data: it can be posted to another thread or stored as JSON. */
export interface NodeData {
  /** Name of its first output, which is unique. */
  readonly id: string;
  readonly op: string;
  /** Its names in the source model; several if nodes were fused. */
  readonly origin: readonly string[];
  readonly attrs: Readonly<Record<string, string>>;
  readonly outputs: readonly ValueData[];
  /** Constants that it reads. */
  readonly weights: readonly ValueData[];
}

/** One end of an edge: the id of a node, or the name of an input or output of the graph. */
export interface EdgeEnd {
  readonly kind: 'node' | 'input' | 'output';
  readonly id: string;
}

/** A value passed to a node or an output. */
export interface EdgeData {
  readonly from: EdgeEnd;
  readonly to: EdgeEnd;
  readonly value: string;
}

/** A graph, for viewers. */
export interface GraphData {
  readonly name: string;
  readonly inputs: readonly ValueData[];
  readonly outputs: readonly ValueData[];
  readonly nodes: readonly NodeData[];
  readonly edges: readonly EdgeData[];
}

/** A graph as data that a viewer can draw. */
export function graphData(graph: Graph): GraphData {
  const nodes = [...graph.nodes()];
  return {
    name: graph.name,
    inputs: graph.inputs.map(valueData),
    outputs: graph.outputs.map(({ name, value }) => ({ name, type: formatType(value.type) })),
    nodes: nodes.map(nodeData),
    edges: [
      ...nodes.flatMap(edgesInto),
      ...graph.outputs.flatMap(({ name, value }) => edge(value, { kind: 'output', id: name })),
    ],
  };
}

function nodeData(node: Node): NodeData {
  const attrs = Object.entries(withDefaults(registry.get(node.op)?.attrs ?? {}, node.attrs));
  return {
    id: idOf(node),
    op: node.op,
    origin: node.origin,
    attrs: Object.fromEntries(attrs.map(([name, value]) => [name, JSON.stringify(value) ?? ''])),
    outputs: node.outputs.map(valueData),
    weights: node.inputs.flatMap((input) => (input?.constant ? [valueData(input)] : [])),
  };
}

function edgesInto(node: Node): readonly EdgeData[] {
  return node.inputs.flatMap((input) => (input ? edge(input, { kind: 'node', id: idOf(node) }) : []));
}

/** Constants have no incoming edges. */
function edge(value: Value, to: EdgeEnd): readonly EdgeData[] {
  const { name, producer, constant } = value;
  if (constant) return [];
  const from: EdgeEnd = producer ? { kind: 'node', id: idOf(producer) } : { kind: 'input', id: name };
  return [{ from, to, value: name }];
}

const idOf = (node: Node): string => node.outputs[0]?.name ?? node.op;
const valueData = ({ name, type }: Value): ValueData => ({ name, type: formatType(type) });
