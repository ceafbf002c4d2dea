import { CompileError, type Dim, Graph, isStatic, type Shape } from '@ghostc/ir';
import { copyNode, type Twins, twinOf } from './copy-node.ts';

/**
 * A copy of the graph in which the symbolic dimensions of the inputs have the given sizes; every other shape is inferred
 * again. Dimensions without a size stay symbolic. Throws `bind/dimension` for a size below 1 or an unknown name.
 */
export function bindDimensions(source: Graph, sizes: ReadonlyMap<string, number>): Graph {
  checkSizes(source, sizes);
  const graph = new Graph(source.name);
  const twins: Twins = new Map();
  const bound = (dim: Dim): Dim => (isStatic(dim) ? dim : (sizes.get(dim) ?? dim));
  for (const input of source.inputs)
    twins.set(input, graph.addInput(input.name, { ...input.type, shape: input.type.shape.map(bound) }));
  for (const value of source.constants)
    if (value.constant) twins.set(value, graph.addConstant(value.name, value.constant));
  for (const node of source.nodes()) copyNode(graph, node, twins);
  for (const { name, value } of source.outputs) graph.addOutput(name, twinOf(value, twins));
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
