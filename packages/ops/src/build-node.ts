import {
  type Attrs,
  CompileError,
  checkAttrs,
  checkDimLength,
  checkInputs,
  type Graph,
  type Node,
  type SourcePart,
  type Value,
} from '@ghostc/ir';
import type { OpDefinition } from './define-op.ts';
import { registry } from './registry.ts';

/** What `buildNode` creates a node from: output types are inferred. */
export interface BuildNode {
  readonly op: string;
  readonly inputs: readonly (Value | null)[];
  readonly attrs?: Attrs;
  readonly origin?: readonly string[];
  readonly partOrigins?: readonly (readonly string[])[];
  readonly part?: SourcePart | null;
  readonly names?: readonly string[];
  readonly before?: Node | null;
}

/** Adds a node with inferred types. Trailing absent inputs are dropped. Throws CompileError at the node's origin. */
export function buildNode(graph: Graph, { op, inputs, attrs = {}, origin = [], ...place }: BuildNode): Node {
  const given = [...inputs];
  while (given.length && given.at(-1) === null) given.pop();
  try {
    const definition = lookup(op);
    checkInputs(given, definition);
    checkAttrs(attrs, definition);
    const types = definition.inferTypes(
      given.map((value) => value?.type ?? null),
      attrs,
    );
    for (const { shape } of types) shape.forEach(checkDimLength);
    return graph.add({ op, inputs: given, types, attrs, origin, ...place });
  } catch (error) {
    throw error instanceof CompileError ? error.at({ node: origin[0], op }) : error;
  }
}

/** The definition of an op; throws `op/unknown`. */
export function lookup(op: string): OpDefinition {
  const definition = registry.get(op);
  if (definition) return definition;
  throw new CompileError('op/unknown', `there is no op ${op}`);
}
