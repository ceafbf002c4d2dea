import { CompileError, type Dim, Graph, isStatic, type Node, type Shape, type Value } from '@ghostc/ir';
import { buildNode } from './build-node.ts';

/**
 * A copy of the graph in which the symbolic dimensions of the inputs have the given sizes; every other shape is inferred
 * again. Dimensions without a size stay symbolic. Throws `bind/dimension` for a size below 1 or an unknown name.
 */
export function bindDimensions(source: Graph, sizes: ReadonlyMap<string, number>): Graph {
  checkSizes(source, sizes);
  const graph = new Graph(source.name);
  const map = new Map<Value, Value>();
  const bound = (dim: Dim): Dim => (isStatic(dim) ? dim : (sizes.get(dim) ?? dim));
  for (const input of source.inputs)
    map.set(input, graph.addInput(input.name, { ...input.type, shape: input.type.shape.map(bound) }));
  for (const value of source.constants)
    if (value.constant) map.set(value, graph.addConstant(value.name, value.constant));
  for (const node of source.nodes()) copyNode(graph, node, map);
  for (const { name, value } of source.outputs) graph.addOutput(name, mapped(value, map));
  return graph;
}

/** Sizes of the symbolic input dimensions, read off actual shapes; throws `bind/conflict` when two disagree. */
export function dimensionsFrom(graph: Graph, shapes: ReadonlyMap<string, Shape>): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const input of graph.inputs) {
    input.type.shape.forEach((dim, axis) => {
      const actual = shapes.get(input.name)?.[axis];
      if (isStatic(dim) || actual === undefined || !isStatic(actual)) return;
      if ((sizes.get(dim) ?? actual) !== actual)
        throw new CompileError('bind/conflict', `dimension ${dim} is both ${sizes.get(dim)} and ${actual}`);
      sizes.set(dim, actual);
    });
  }
  return sizes;
}

function copyNode(graph: Graph, node: Node, map: Map<Value, Value>): void {
  const inputs = node.inputs.map((value) => value && mapped(value, map));
  const names = node.outputs.map((value) => value.name);
  const twin = buildNode(graph, { op: node.op, inputs, attrs: node.attrs, origin: node.origin, names });
  node.outputs.forEach((value, i) => map.set(value, twin.outputs[i] ?? twin.output));
}

function mapped(value: Value, map: ReadonlyMap<Value, Value>): Value {
  const twin = map.get(value);
  if (twin) return twin;
  throw new CompileError('ir/dominance', `%${value.name} is used before it is defined`);
}

function checkSizes(graph: Graph, sizes: ReadonlyMap<string, number>): void {
  const known = new Set(graph.inputs.flatMap((input) => input.type.shape.filter((dim) => !isStatic(dim))));
  for (const [name, size] of sizes) {
    if (!known.has(name))
      throw new CompileError(
        'bind/dimension',
        `there is no dimension ${name}; the inputs have ${[...known].join(', ') || 'fixed shapes only'}`,
      );
    if (!Number.isSafeInteger(size) || size < 1)
      throw new CompileError('bind/dimension', `dimension ${name} expects a positive integer, found ${size}`);
  }
}
