import { CompileError, type Dim, Graph, isStatic, type Shape, type Tensor } from '@ghostc/ir';
import { lookup } from './build-node.ts';
import { type Copies, copyNode, copyOf } from './copy-node.ts';

/**
 * A copy of the graph in which the symbolic dimensions of the inputs have the given sizes; all other shapes
 * are inferred again. Dimensions without a size stay symbolic. Throws `bind/dimension` for a size below 1 or
 * an unknown name.
 */
export function bindDimensions(source: Graph, sizes: ReadonlyMap<string, number>): Graph {
  checkDimensionSizes(sizes, { names: openDimensions(source) });
  if (hasKept(source)) return readAgain(source, sizes);
  const graph = new Graph(source.name);
  const copies: Copies = new Map();
  const bound = (dim: Dim): Dim => (isStatic(dim) ? dim : (sizes.get(dim) ?? dim));
  for (const input of source.inputs)
    copies.set(input, graph.addInput(input.name, { ...input.type, shape: input.type.shape.map(bound) }));
  for (const value of source.constants)
    if (value.constant) copies.set(value, graph.addConstant(value.name, value.constant));
  for (const node of source.nodes()) copyNode(graph, node, copies);
  for (const { name, value } of source.outputs) graph.addOutput(name, copyOf(value, copies));
  return graph;
}

/** Whether a node is kept from the source. */
export function hasKept(graph: Graph): boolean {
  for (const { op } of graph.nodes()) if (lookup(op).traits.has('kept')) return true;
  return false;
}

/**
 * Types of kept nodes do not follow from those of their inputs, so the source must be read again with the
 * sizes.
 */
function readAgain({ withSizes }: Graph, sizes: ReadonlyMap<string, number>): Graph {
  if (withSizes) return withSizes(sizes);
  throw new CompileError(
    'bind/kept',
    'expected the graph as it was read, found one that passes have changed',
  );
}

/** The graph for these inputs, if it cannot be computed without knowing them. */
export function sizedFor(graph: Graph, inputs: ReadonlyMap<string, Tensor>): Graph {
  if (!hasKept(graph)) return graph;
  const shapes = new Map([...inputs].map(([name, { shape }]) => [name, shape]));
  return bindDimensions(graph, dimensionsFrom(graph, shapes));
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

/**
 * The graph, or a copy in which every dimension without a size is 1. Throws as `bindDimensions` does, and if
 * a node does not allow such a size.
 */
export function withSizesOfOne(graph: Graph): Graph {
  const open = openDimensions(graph);
  return open.length === 0 ? graph : bindDimensions(graph, new Map(open.map((name) => [name, 1])));
}

/** The symbolic dimensions of the inputs. */
export function openDimensions(graph: Graph): string[] {
  const dims = graph.inputs.flatMap(({ type }) => type.shape);
  return [...new Set(dims)].filter((dim) => !isStatic(dim));
}

/** Dimensions by name, and `others`: further names for them. */
interface KnownNames {
  readonly names: readonly string[];
  readonly others?: readonly string[];
}

/** Throws `bind/dimension` for a size below 1 or an unknown name. */
export function checkDimensionSizes(
  sizes: ReadonlyMap<string, number>,
  { names, others = [] }: KnownNames,
): void {
  const known = new Set([...names, ...others]);
  for (const [name, size] of sizes) {
    if (!known.has(name))
      throw new CompileError(
        'bind/dimension',
        `there is no dimension ${name}; the inputs have ${names.join(', ') || 'fixed shapes only'}`,
      );
    if (!Number.isSafeInteger(size) || size < 1)
      throw new CompileError('bind/dimension', `dimension ${name} expects a positive integer, found ${size}`);
  }
}
