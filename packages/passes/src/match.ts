import { type Graph, Node, Value } from '@ghostc/ir';
import { lookup, withDefaults } from '@ghostc/ops';
import type { Captures, Pattern } from './pattern.ts';

export interface Match {
  readonly captures: Captures;
  /** Matched nodes, the root first. */
  readonly nodes: readonly Node[];
}

/** A match, or why there is none. */
export type MatchResult = { readonly match: Match } | { readonly reason: string };

interface State {
  readonly captures: ReadonlyMap<string, Value | Node>;
  readonly nodes: readonly Node[];
  /** Nodes whose values may be used elsewhere. */
  readonly shared: ReadonlySet<Node>;
}

/**
 * Matches a pattern at a node, from its output upwards. Every matched node but the root must be used inside the match
 * alone, and must not be a graph output: the rewriter removes it.
 */
export function matchAt(graph: Graph, root: Node, pattern: Pattern): MatchResult {
  const matcher = new Matcher();
  const [state] = matcher.all(root.output, pattern, { captures: new Map(), nodes: [], shared: new Set() });
  if (!state) return { reason: matcher.reason };
  const outside = outsideUse(graph, state);
  if (outside) return { reason: outside };
  return { match: { captures: Object.fromEntries(state.captures), nodes: state.nodes } };
}

/** Keeps the deepest reason for failure: that of the nearest miss. */
class Matcher {
  reason = 'nothing matched';
  #depth = -1;

  /** Every way to match `value`, lazily cut to the first by callers: patterns are small. */
  all(value: Value | null, pattern: Pattern, state: State): State[] {
    if (pattern.kind === 'either') return this.#first(value, pattern.choices ?? [], state);
    if (pattern.kind === 'absent') return value === null ? [state] : [];
    if (value === null) return this.#fail(state, `an input that the pattern needs is absent`);
    if (pattern.kind === 'op') return this.#node(value, pattern, state);
    if (pattern.kind === 'constant' && !value.constant)
      return this.#fail(state, `%${value.name} is not constant`);
    return this.#bind(pattern.name ?? '', value, state);
  }

  #first(value: Value | null, choices: readonly Pattern[], state: State): State[] {
    return choices.flatMap((choice) => this.all(value, choice, state));
  }

  #node(value: Value, pattern: Pattern, state: State): State[] {
    const node = value.producer;
    const expected = [...(pattern.ops ?? [])].join(' or ');
    if (!node || !pattern.ops?.has(node.op))
      return this.#fail(
        state,
        `expected ${expected}, found ${node?.op ?? (value.constant ? 'a constant' : 'an input')} at %${value.name}`,
      );
    const definition = lookup(node.op);
    if (pattern.accept && !pattern.accept(withDefaults(definition.attrs, node.attrs)))
      return this.#fail(state, `the attributes of ${node.op} at %${value.name} do not fit`);
    const bound = pattern.name === undefined ? [state] : this.#bind(pattern.name, node, state);
    const entered = bound.map((one) => enter(one, node, pattern.shared ?? false));
    const inputs = pattern.inputs ?? [];
    const straight = entered.flatMap((one) => this.#inputs(node.inputs, inputs, one));
    if (inputs.length < 2 || !definition.traits.has('commutative')) return straight;
    const [first = null, second = null, ...rest] = node.inputs;
    return [...straight, ...entered.flatMap((one) => this.#inputs([second, first, ...rest], inputs, one))];
  }

  #inputs(values: readonly (Value | null)[], patterns: readonly Pattern[], state: State): State[] {
    let states = [state];
    patterns.forEach((pattern, i) => {
      states = states.flatMap((one) => this.all(values[i] ?? null, pattern, one));
    });
    return states;
  }

  #bind(name: string, found: Value | Node, state: State): State[] {
    const known = state.captures.get(name);
    if (known === undefined) return [{ ...state, captures: new Map(state.captures).set(name, found) }];
    const wanted = known instanceof Node && found instanceof Value ? known.output : known;
    return wanted === found ? [state] : this.#fail(state, `${name} stands for two different values`);
  }

  #fail(state: State, reason: string): State[] {
    if (state.nodes.length > this.#depth) [this.#depth, this.reason] = [state.nodes.length, reason];
    return [];
  }
}

function enter(state: State, node: Node, shared: boolean): State {
  const nodes = state.nodes.includes(node) ? state.nodes : [...state.nodes, node];
  return { ...state, nodes, shared: shared ? new Set(state.shared).add(node) : state.shared };
}

function outsideUse(graph: Graph, { nodes, shared }: State): string | undefined {
  const inside = new Set(nodes);
  for (const node of nodes.slice(1)) {
    if (shared.has(node)) continue;
    for (const value of node.outputs) {
      const user = [...value.users].find((candidate) => !inside.has(candidate));
      if (user) return `%${value.name} is also used by ${user.op} (%${user.output.name})`;
      if (graph.isOutput(value)) return `%${value.name} is an output of the graph`;
    }
  }
  return undefined;
}
