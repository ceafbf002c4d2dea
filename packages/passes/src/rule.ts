import { type Attrs, CompileError, type Graph, type Node, type Tensor, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import { type Match, matchAt } from './match.ts';
import { type Captures, type Pattern, patternDepth } from './pattern.ts';

/** Adds nodes and constants in front of the matched root; they carry the source names of everything matched. */
export interface Build {
  node(op: string, inputs: readonly (Value | null)[], attrs?: Attrs): Value;
  constant(tensor: Tensor, name: string): Value;
}

export interface RuleSpec<C> {
  readonly name: string;
  readonly match: Pattern<C>;
  /** A reason to leave a match alone, or false. */
  readonly unless?: (captures: C) => string | false | undefined;
  /** The value that takes the place of the root's output. */
  readonly rewrite: (captures: C, build: Build) => Value;
}

/** A rule as the driver sees it. */
export interface Rule {
  readonly name: string;
  /** Ops of the root node. */
  readonly roots: ReadonlySet<string>;
  /** Levels of nodes that a match can have, the root's counted: 1 if absent. */
  readonly depth?: number;
  /** Tries the rule at a node: the replacement, or why not. */
  readonly apply: (graph: Graph, root: Node) => Applied | Declined;
}

export interface Applied {
  readonly value: Value;
  readonly added: readonly Node[];
  readonly match: Match;
}

export interface Declined {
  readonly reason: string;
}

/** Makes a rule; the captures of `match` type the arguments of `unless` and `rewrite`. */
export function rule<C>(spec: RuleSpec<C>): Rule {
  const roots = spec.match.ops;
  if (!roots) throw new CompileError('rule/root', `rule ${spec.name} needs an op at its root`);
  return {
    name: spec.name,
    roots,
    depth: patternDepth(spec.match),
    apply: (graph, root) => applyRule(spec, graph, root),
  };
}

function applyRule<C>(spec: RuleSpec<C>, graph: Graph, root: Node): Applied | Declined {
  const result = matchAt(graph, root, spec.match);
  if ('reason' in result) return result;
  const { match } = result;
  const reason = spec.unless?.(match.captures as Captures & C);
  if (reason) return { reason };
  const added: Node[] = [];
  const value = spec.rewrite(match.captures as Captures & C, builder(graph, root, { match, added }));
  return { value, added, match };
}

/** A builder whose nodes go in front of `root` and into `added`, for rules whose pattern is code. */
export function builder(graph: Graph, root: Node, { match, added }: { match: Match; added: Node[] }): Build {
  const origin = [...new Set([...match.nodes].reverse().flatMap((node) => node.origin))];
  return {
    node(op, inputs, attrs = {}) {
      const node = buildNode(graph, { op, inputs, attrs, origin, before: root, names: [root.output.name] });
      added.push(node);
      return node.output;
    },
    constant: (tensor, name) => graph.addConstant(name, tensor),
  };
}
