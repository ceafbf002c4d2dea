import { type Attrs, CompileError, type Graph, itemAt, type Node, type Tensor, type Value } from '@ghostc/ir';
import { buildNode, type OpFunctions, type OpName, partsOf, registry } from '@ghostc/ops';

/** The source names of a new node, if they are not those of everything matched. */
export interface Source {
  readonly origin?: readonly string[];
  /** For a composite: the source names of its parts. */
  readonly partOrigins?: readonly (readonly string[])[];
}

/**
 * Adds nodes and constants before the matched root; by default they carry the source names of everything
 * matched. Besides `node`, each op is a function of its inputs and attributes by name: `build.conv2d({ x,
 * weight, strides: [2, 2] })`.
 */
export interface Build extends OpFunctions<Value | null, Value, [source?: Source]> {
  node(op: string, inputs: readonly (Value | null)[], attrs?: Attrs, source?: Source): Value;
  constant(tensor: Tensor, name: string): Value;
}

/** Where new nodes are inserted. */
export interface BuildPlace {
  readonly graph: Graph;
  /** The nodes to be replaced, in order of execution: the matched root, or several. */
  readonly roots: readonly Node[];
  /** Default source names of a node. */
  readonly origin: readonly string[];
}

/** Records what a rewrite adds to the graph, so that it can be undone. */
export class Builder {
  readonly nodes: Node[] = [];
  readonly constants: Value[] = [];
  readonly #place: BuildPlace;

  constructor(place: BuildPlace) {
    this.#place = place;
  }

  node(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}, source: Source = {}): Value {
    const { graph, roots, origin } = this.#place;
    const root = itemAt(roots, 0);
    const own = inputs.find((input) => input?.producer && roots.includes(input.producer));
    if (own) throw new CompileError('rules/result', `the replacement of %${own.name} reads %${own.name}`);
    const place = { origin, ...source, before: root, names: [root.output.name] };
    const node = buildNode(graph, { op, inputs, attrs, ...place });
    this.nodes.push(node);
    return node.output;
  }

  constant(tensor: Tensor, name: string): Value {
    const value = this.#place.graph.addConstant(name, tensor);
    this.constants.push(value);
    return value;
  }

  /** Removes what was added. */
  undo(): void {
    for (const node of this.nodes.reverse()) this.#place.graph.remove(node);
    for (const value of this.constants) this.#place.graph.removeConstant(value);
  }

  /** The builder with a function for each op, on its prototype. */
  get functions(): Build {
    return this as unknown as Build;
  }
}

for (const name of registry.keys())
  Object.defineProperty(Builder.prototype, name as OpName, {
    value(this: Builder, parts: Readonly<Record<string, unknown>>, source?: Source): Value {
      const { inputs, attrs } = partsOf<Value>(name, parts);
      return this.node(name, inputs, attrs, source);
    },
  });
