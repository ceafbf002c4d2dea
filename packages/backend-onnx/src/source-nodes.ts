import { type Graph, type Node, sameType, type Tensor, type TensorType, type Value } from '@ghostc/ir';
import {
  bodiesOf,
  dequantizedConstant,
  type NodeProto,
  type PartInput,
  renameOuter,
  type SourceInput,
  type SourceNode,
} from '@ghostc/onnx';
import { lookup } from '@ghostc/ops';
import type { OnnxGraph } from './onnx-graph.ts';
import { isSameIn } from './write-kept.ts';

/** A node of the source that is in the graph as it was read. */
export interface Restored {
  readonly source: SourceNode;
  readonly parts: readonly Node[];
  /** What it reads from outside. */
  readonly outside: readonly Value[];
}

/** The source's nodes that are still there, by the last of their parts, and all their parts. */
export interface SourceNodes {
  readonly byLast: ReadonlyMap<Node, Restored>;
  readonly parts: ReadonlySet<Node>;
}

/** Those of the source's nodes whose parts are as they were read, and that a model of this opset can have. */
export function sourceNodes(graph: Graph, opset: number): SourceNodes {
  const byLast = new Map<Node, Restored>();
  const parts = new Set<Node>();
  const dequantized = dequantizedValues(graph);
  const places = new Map([...graph.nodes()].map((node, place) => [node, place]));
  for (const [source, nodes] of nodesBySource(graph)) {
    const outside = isWordOf(source, opset) ? restored(source, nodes, { graph, dequantized }) : undefined;
    const last = nodes.at(-1);
    if (!outside || !last || !isTogether(source, nodes, places)) continue;
    byLast.set(last, { source, parts: nodes, outside });
    for (const node of nodes) parts.add(node);
  }
  return { byLast, parts };
}

/** In the same opset; or one node for many, which the other opset expresses identically. */
function isWordOf({ proto, parts, opset: from }: SourceNode, opset: number): boolean {
  if (from === opset) return true;
  const isStandard = !proto.domain || proto.domain === 'ai.onnx';
  return parts.length > 1 && !hasBody(proto) && (!isStandard || isSameIn(proto.op_type ?? '', from, opset));
}

function hasBody({ attribute = [] }: NodeProto): boolean {
  return bodiesOf(attribute).length > 0;
}

function nodesBySource(graph: Graph): Map<SourceNode, Node[]> {
  const bySource = new Map<SourceNode, Node[]>();
  for (const node of graph.nodes()) {
    if (!node.part) continue;
    const source = node.part.whole as SourceNode;
    const nodes = bySource.get(source) ?? [];
    nodes.push(node);
    bySource.set(source, nodes);
  }
  return bySource;
}

/** The floats of each constant that is dequantised. */
function dequantizedValues(graph: Graph): Map<Tensor, Value> {
  const values = new Map<Tensor, Value>();
  for (const { outputs } of graph.nodes())
    for (const value of outputs) {
      const constant = dequantizedConstant(value);
      if (constant) values.set(constant, value);
    }
  return values;
}

interface Present {
  readonly graph: Graph;
  readonly dequantized: ReadonlyMap<Tensor, Value>;
}

/** The values from outside, if the nodes are what the source's node was read as. */
function restored(
  source: SourceNode,
  nodes: readonly Node[],
  { graph, dequantized }: Present,
): readonly Value[] | undefined {
  if (nodes.length !== source.parts.length) return undefined;
  const outside: Value[] = [];
  for (const [number, constant] of source.dequantized) {
    const value = dequantized.get(constant);
    if (!value) return undefined;
    outside[number] = value;
  }
  const isSame = nodes.every((node, i) => {
    const part = source.parts[i];
    return (
      part !== undefined &&
      node.part?.index === i &&
      node.op === part.op &&
      sameAttrs(node.attrs, part.attrs) &&
      node.inputs.length === part.inputs.length &&
      node.inputs.every((value, k) => reads(value, part.inputs[k] ?? null, { nodes, outside }))
    );
  });
  if (!isSame || !fitsTypes(source, nodes, outside)) return undefined;
  const given = new Set(source.outputs.map(({ part, output }) => nodes[part]?.outputs[output]));
  const own = new Set(nodes);
  const isOwn = (value: Value): boolean =>
    given.has(value) || (!graph.isOutput(value) && [...value.users].every((user) => own.has(user)));
  return nodes.every(({ outputs }) => outputs.every(isOwn)) ? outside : undefined;
}

function sameAttrs(a: Node['attrs'], b: Node['attrs']): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Whether a part reads what it read; values from outside may be others, but the same wherever it was one. */
function reads(
  value: Value | null,
  wanted: PartInput,
  { nodes, outside }: { nodes: readonly Node[]; outside: Value[] },
): boolean {
  if (!value || !wanted) return value === wanted;
  if ('part' in wanted) return nodes[wanted.part]?.outputs[wanted.output] === value;
  if ('tensor' in wanted) return value.constant === wanted.tensor;
  outside[wanted.outside] ??= value;
  return outside[wanted.outside] === value;
}

/** Types are as they were. The batch may be another, where no part and no body holds sizes and the reading took no constant in. */
function fitsTypes(
  { proto, inputs, outside, parts }: SourceNode,
  nodes: readonly Node[],
  now: readonly Value[],
): boolean {
  // constants that the reading made are held by their data
  const holds = (same: (a: TensorType, b: TensorType) => boolean): boolean =>
    outside.every((type, i) => !now[i] || same(type, now[i].type));
  if (holds(sameType)) return true;
  return (
    !hasBody(proto) &&
    !inputs.some((input) => input && 'tensor' in input) &&
    holds(sameButBatch) &&
    parts.every(({ op }, i) => !lookup(op).traits.has('movement') || readsConstants(nodes[i]))
  );
}

function readsConstants(node: Node | undefined): boolean {
  return node?.inputs.every((value) => value?.constant) ?? false;
}

function sameButBatch(a: TensorType, b: TensorType): boolean {
  return (
    a.shape.length === b.shape.length &&
    sameType({ ...a, shape: [0, ...a.shape.slice(1)] }, { ...b, shape: [0, ...b.shape.slice(1)] })
  );
}

/** Whether everything that reads its outputs comes after the last of its parts, where it is written. */
function isTogether(source: SourceNode, nodes: readonly Node[], places: ReadonlyMap<Node, number>): boolean {
  const own = new Set(nodes);
  const last = places.get(nodes.at(-1) as Node) ?? 0;
  return source.outputs.every(({ part, output }) =>
    [...(nodes[part]?.outputs[output]?.users ?? [])].every(
      (user) => own.has(user) || (places.get(user) ?? 0) > last,
    ),
  );
}

/** New names of values, and the constants by their data. */
export interface WrittenNames {
  readonly names: ReadonlyMap<Value, string>;
  readonly constants: ReadonlyMap<Tensor, Value>;
}

/** Puts the source's node back, with the names that its inputs and outputs have now. */
export function writeSourceNode(
  { source, parts, outside }: Restored,
  target: OnnxGraph,
  { names, constants }: WrittenNames,
): void {
  const { proto, inputs, captures, outputs } = source;
  const nameOf = (value: Value): string =>
    value.constant ? target.constant(value, names.get(value)) : (names.get(value) ?? value.name);
  const inputName = (input: SourceInput): string => {
    if (!input) return '';
    const known = 'tensor' in input ? constants.get(input.tensor) : undefined;
    if (known) return nameOf(known);
    if ('tensor' in input) return target.sourceConstant(input.tensor, input.name);
    const value = outside[input.outside];
    return value ? nameOf(value) : '';
  };
  const outer = new Map([...captures].map(([name, input]) => [name, inputName(input)]));
  target.raw({
    ...proto,
    input: inputs.map(inputName),
    output: outputs.map(({ part, output, name }) => {
      const value = parts[part]?.outputs[output];
      return value ? nameOf(value) : name && target.fresh(name);
    }),
    attribute: (proto.attribute ?? []).map((one) => (outer.size ? renameOuter(one, outer) : one)),
  });
}

/** Names of the source's nodes, and those in their bodies, which nothing else may take. */
export function innerNames({ byLast }: SourceNodes): string[] {
  return [...byLast.values()].flatMap(({ source: { proto } }) => [proto.name ?? '', ...bodyNames(proto)]);
}

function bodyNames({ attribute = [] }: NodeProto): string[] {
  return bodiesOf(attribute).flatMap(({ node = [], input = [], initializer = [] }) => [
    ...[...input, ...initializer].map(({ name = '' }) => name),
    ...node.flatMap((one) => [...(one.output ?? []), ...bodyNames(one)]),
  ]);
}
