import { type Graph, Node, Value } from '@ghostc/ir';
import { lookup, withDefaults } from '@ghostc/ops';
import { type ChainTerms, chainTerms, enclosingLink } from './chain-terms.ts';
import { type Captures, type Pattern, patternDepth } from './pattern.ts';

export interface Match {
  readonly captures: Captures;
  /** Matched nodes, the root first. */
  readonly nodes: readonly Node[];
  /** The nodes to be replaced, if there are several. */
  readonly roots?: readonly Node[];
}

/** A match, or the reason for none. */
export type MatchResult = { readonly match: Match } | { readonly reason: string };

interface State {
  readonly captures: ReadonlyMap<string, Captures[string]>;
  readonly nodes: readonly Node[];
  /** Nodes whose values may be used elsewhere. */
  readonly shared: ReadonlySet<Node>;
  readonly roots: readonly Node[];
}

/** Nodes visited for one root before the matcher gives up: far more than any real pattern needs. */
const MAX_STEPS = 10_000;

/**
 * Matches a pattern at a node, from its output upwards. Every matched node but the root must be used only
 * inside the match and must not be a graph output, since the rewriter removes it; if that fails, other orders
 * of inputs are tried. Work is bounded: an input is tried only if it can match by itself (computed once per
 * value and pattern), so that the orders of commutative ops do not multiply.
 */
export function matchAt(graph: Graph, root: Node, pattern: Pattern): MatchResult {
  const matcher = new Matcher(graph);
  const start = { captures: new Map(), nodes: [], shared: new Set<Node>(), roots: [root] };
  const first = pattern.kind === 'roots' ? pattern.inputs?.[0] : pattern;
  const value = root.outputs[first?.outputIndex ?? 0] ?? null;
  if (value && root.outputs.length > 1 && value.users.size === 0 && !graph.isOutput(value))
    return { reason: `nothing reads %${value.name}` };
  let reason: string | undefined;
  for (const state of matcher.match(value, pattern, start)) {
    const outside = outsideUse(graph, state);
    if (!outside) return { match: { ...state, captures: Object.fromEntries(state.captures) } };
    reason ??= outside;
  }
  return { reason: reason ?? matcher.reason };
}

type Found = Generator<State, undefined, undefined>;

/** Keeps the deepest reason for failure: the nearest miss. */
class Matcher {
  reason = 'nothing matched';
  readonly #graph: Graph;
  #depth = -1;
  #steps = 0;
  readonly #possible = new Map<Pattern, Map<Value | null, boolean>>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** The ways to match `value`, one at a time. */
  *match(value: Value | null, pattern: Pattern, state: State): Found {
    if (pattern.kind === 'either') {
      for (const choice of pattern.choices ?? []) yield* this.match(value, choice, state);
    } else if (pattern.kind === 'absent') {
      if (value === null) yield state;
    } else if (value === null) this.#fail(state, `an input that the pattern needs is absent`);
    else if (pattern.kind === 'op') yield* this.#node(value, pattern, state);
    else if (pattern.kind === 'chain') yield* this.#chain(value, pattern, state);
    else if (pattern.kind === 'roots') yield* this.#roots(value, pattern, state);
    else if (pattern.kind === 'constant' && !value.constant)
      this.#fail(state, `%${value.name} is not constant`);
    else yield* this.#bind(pattern.name ?? '', value, state);
  }

  *#roots(value: Value, { inputs: [first, ...others] = [] }: Pattern, state: State): Found {
    if (first) for (const found of this.match(value, first, state)) yield* this.#further(others, found);
  }

  /** Further roots are downstream of what is already captured. */
  *#further([pattern, ...rest]: readonly Pattern[], state: State): Found {
    if (!pattern) {
      yield state;
      return;
    }
    for (const node of nodesBelow(state, pattern)) {
      const value = node.outputs[pattern.outputIndex ?? 0] ?? null;
      for (const found of this.match(value, pattern, state))
        yield* this.#further(rest, { ...found, roots: [...found.roots, node] });
    }
  }

  *#node(value: Value, pattern: Pattern, state: State): Found {
    const node = this.#nodeOf(value, pattern, state);
    if (!node) return;
    const inputs = pattern.inputs ?? [];
    const orders = ordersOf(node, inputs);
    for (const bound of this.#name(pattern, node, state)) {
      const entered = enter(bound, [node], pattern);
      for (const order of orders)
        if (this.#each(order, inputs, entered)) yield* this.#inputs(order, inputs, entered);
    }
  }

  /** The producer of `value`, if its op and attributes match. */
  #nodeOf(value: Value, pattern: Pattern, state: State): Node | null {
    if (++this.#steps > MAX_STEPS) return this.#refuse(state, `gave up after ${MAX_STEPS} nodes`);
    const reason = misfit(value, pattern);
    return reason ? this.#refuse(state, reason()) : value.producer;
  }

  /** Whether every input can match by itself; otherwise the reason. */
  #each(values: readonly (Value | null)[], patterns: readonly Pattern[], state: State): boolean {
    const at = patterns.findIndex((pattern, i) => !this.#canMatch(values[i] ?? null, pattern));
    const pattern = patterns[at];
    if (pattern) this.match(values[at] ?? null, pattern, state).next();
    return !pattern;
  }

  /** Whether a value matches if names may bind anything: a necessary condition, cheap because it is cached. */
  #canMatch(value: Value | null, pattern: Pattern): boolean {
    const { kind, choices = [], inputs = [] } = pattern;
    if (kind === 'absent') return value === null;
    if (kind === 'either' || kind === 'each') return choices.some((choice) => this.#canMatch(value, choice));
    if (value === null) return false;
    if (kind === 'any' || kind === 'same') return true;
    if (kind === 'constant') return value.constant !== null;
    const node = value.producer;
    if (!node || !pattern.ops?.has(node.op)) return false;
    if (kind === 'chain') return true;
    const known = this.#possible.get(pattern) ?? new Map<Value | null, boolean>();
    this.#possible.set(pattern, known);
    const before = known.get(value);
    if (before !== undefined) return before;
    const fits =
      !misfit(value, pattern) &&
      ordersOf(node, inputs).some((order) =>
        inputs.every((input, i) => this.#canMatch(order[i] ?? null, input)),
      );
    known.set(value, fits);
    return fits;
  }

  *#inputs(values: readonly (Value | null)[], patterns: readonly Pattern[], state: State, from = 0): Found {
    const pattern = patterns[from];
    if (!pattern) yield state;
    else if (pattern.kind === 'each') yield* this.#list(values.slice(from), pattern, state);
    else
      for (const next of this.match(values[from] ?? null, pattern, state))
        yield* this.#inputs(values, patterns, next, from + 1);
  }

  /** Every value matches by itself; captures become lists. */
  *#list(values: readonly (Value | null)[], { choices = [] }: Pattern, state: State): Found {
    const [pattern] = choices;
    const lists = new Map<string, (Value | Node)[]>();
    let reached: State = { ...state, captures: new Map() };
    if (!pattern || values.length === 0) {
      this.#fail(state, 'each() has no input to match');
      return;
    }
    for (const value of values) {
      const { value: found } = this.match(value, pattern, { ...reached, captures: new Map() }).next();
      if (!found) return;
      for (const [name, one] of found.captures)
        lists.set(name, [...(lists.get(name) ?? []), one as Value | Node]);
      reached = found;
    }
    yield { ...reached, captures: new Map<string, Captures[string]>([...state.captures, ...lists]) };
  }

  /** A chain of one associative op: each pattern matches a different term, in any order. */
  *#chain(value: Value, pattern: Pattern, state: State): Found {
    const root = this.#nodeOf(value, pattern, state);
    if (!root) return;
    const outer = enclosingLink(this.#graph, root);
    if (outer) {
      this.#fail(state, `%${value.name} is a part of the chain %${outer.output.name}`);
      return;
    }
    const patterns = pattern.inputs ?? [];
    const chain = chainTerms(this.#graph, root);
    const { terms } = chain;
    if (
      terms.length < patterns.length ||
      (terms.length > patterns.length && pattern.restName === undefined)
    ) {
      this.#fail(state, `%${value.name} has ${terms.length} terms, expected ${patterns.length}`);
      return;
    }
    const candidates = patterns.map((one) =>
      [...terms.keys()].filter((i) => this.#canMatch(terms[i] ?? null, one)),
    );
    const lonely = candidates.findIndex((list) => list.length === 0);
    const missing = patterns[lonely];
    if (missing) for (const term of terms) this.match(term, missing, state).next();
    else {
      // the pattern with the fewest candidates first
      const order = [...patterns.keys()].sort(
        (a, b) => (candidates[a]?.length ?? 0) - (candidates[b]?.length ?? 0),
      );
      for (const bound of this.#name(pattern, root, state))
        yield* this.#assign(enter(bound, chain.nodes, pattern), {
          pattern,
          chain,
          candidates,
          order,
          taken: [],
        });
    }
  }

  *#assign(state: State, search: Assignment): Found {
    const { pattern, chain, candidates, order, taken } = search;
    const next = order[taken.length];
    const wanted = next === undefined ? undefined : pattern.inputs?.[next];
    if (next === undefined || !wanted) {
      const rest = chain.terms.filter((_, i) => !taken.includes(i));
      yield pattern.restName === undefined
        ? state
        : { ...state, captures: new Map(state.captures).set(pattern.restName, rest) };
      return;
    }
    for (const i of candidates[next] ?? []) {
      if (taken.includes(i)) continue;
      if (++this.#steps > MAX_STEPS) {
        this.#fail(state, `gave up after ${MAX_STEPS} nodes`);
        return;
      }
      for (const found of this.match(chain.terms[i] ?? null, wanted, state))
        yield* this.#assign(found, { ...search, taken: [...taken, i] });
    }
  }

  *#name({ name }: Pattern, node: Node, state: State): Found {
    if (name === undefined) yield state;
    else yield* this.#bind(name, node, state);
  }

  *#bind(name: string, found: Value | Node, state: State): Found {
    const known = state.captures.get(name);
    if (known === undefined) yield { ...state, captures: new Map(state.captures).set(name, found) };
    else if ((known instanceof Node && found instanceof Value ? known.output : known) === found) yield state;
    else this.#fail(state, `${name} stands for two different values`);
  }

  #refuse(state: State, reason: string): null {
    this.#fail(state, reason);
    return null;
  }

  #fail(state: State, reason: string): void {
    if (state.nodes.length > this.#depth) [this.#depth, this.reason] = [state.nodes.length, reason];
  }
}

interface Assignment {
  readonly pattern: Pattern;
  readonly chain: ChainTerms;
  /** For each pattern the terms that can match it. */
  readonly candidates: readonly (readonly number[])[];
  readonly order: readonly number[];
  /** Terms assigned so far, in `order`. */
  readonly taken: readonly number[];
}

/** Explains a failure; only built if requested. */
type Reason = () => string;

/** Why the node that computes a value does not match an op or chain pattern, apart from its inputs. */
function misfit(value: Value, pattern: Pattern): Reason | undefined {
  const { ops, accept, outputIndex = 0 } = pattern;
  const node = value.producer;
  if (!node || !ops?.has(node.op)) {
    const found = node?.op ?? (value.constant ? 'a constant' : 'an input');
    return () => `expected ${[...(ops ?? [])].join(' or ')}, found ${found} at %${value.name}`;
  }
  if (node.outputs[outputIndex] !== value)
    return () => `%${value.name} is not output ${outputIndex} of ${node.op}`;
  if (accept && !accept(withDefaults(lookup(node.op).attrs, node.attrs)))
    return () => `the attributes of ${node.op} at %${value.name} do not fit`;
  return unlistedInput(node, pattern) ?? unlistedEpilogue(node, pattern);
}

/** An input that the pattern does not list. */
function unlistedInput(node: Node, { kind, inputs = [], ...pattern }: Pattern): Reason | undefined {
  if (node.inputs.length <= inputs.length || pattern.allowsOthers || kind === 'chain') return undefined;
  if (inputs.at(-1)?.kind === 'each') return undefined;
  const slots = lookup(node.op).inputs;
  const extra = node.inputs.findIndex(
    (input, i) => i >= inputs.length && input && !(pattern.allowsEpilogue && slots[i] === 'residual?'),
  );
  if (extra < 0) return undefined;
  const slot = slots[Math.min(extra, slots.length - 1)]?.replace(/\W/g, '');
  return () =>
    `${node.op} at %${node.output.name} has the input ${slot} (%${node.inputs[extra]?.name}), which the pattern does not list`;
}

/** A fused activation that the pattern does not allow. */
function unlistedEpilogue(node: Node, { allowsEpilogue }: Pattern): Reason | undefined {
  if (allowsEpilogue) return undefined;
  const specs = lookup(node.op).attrs;
  for (const [name, given] of Object.entries(node.attrs)) {
    const spec = specs[name];
    if (spec?.epilogue && String(given) !== String(spec.default))
      return () =>
        `${node.op} at %${node.output.name} has the ${name} ${String(given)}, which the pattern does not allow`;
  }
  return undefined;
}

/** The inputs in order, and for a commutative op with the first two exchanged. */
function ordersOf(node: Node, patterns: readonly Pattern[]): (readonly (Value | null)[])[] {
  const [first = null, second = null, ...rest] = node.inputs;
  if (patterns.length < 2 || first === second || !lookup(node.op).traits.has('commutative'))
    return [node.inputs];
  return [node.inputs, [second, first, ...rest]];
}

function enter(state: State, entered: readonly Node[], { shared }: Pattern): State {
  const nodes = [...state.nodes, ...entered.filter((node) => !state.nodes.includes(node))];
  return { ...state, nodes, shared: shared ? new Set([...state.shared, ...entered]) : state.shared };
}

/** Values with more users are not searched for further roots. */
const MAX_USERS = 256;

/** Nodes of a root's ops downstream of a captured value, within the depth of the pattern. */
function nodesBelow({ captures, nodes }: State, pattern: Pattern): Node[] {
  const found = new Set<Node>();
  let level = new Set([...captures.values()].flat().filter((one) => one instanceof Value));
  for (let depth = patternDepth(pattern); depth > 0; depth--) {
    const users = [...level].flatMap((value) => (value.users.size <= MAX_USERS ? [...value.users] : []));
    for (const user of users) found.add(user);
    level = new Set(users.flatMap((user) => user.outputs));
  }
  return [...found].filter((node) => pattern.ops?.has(node.op) && !nodes.includes(node));
}

function outsideUse(graph: Graph, { nodes, shared, roots }: State): string | undefined {
  const inside = new Set(nodes);
  for (const node of nodes) {
    if (shared.has(node) || roots.includes(node)) continue;
    for (const value of node.outputs) {
      const user = [...value.users].find((candidate) => !inside.has(candidate));
      if (user) return `%${value.name} is also used by ${user.op} (%${user.output.name})`;
      if (graph.isOutput(value)) return `%${value.name} is an output of the graph`;
    }
  }
  return undefined;
}
