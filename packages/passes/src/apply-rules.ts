import { CompileError, type Graph, type Node, type Value, verify, withLocation } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import type { Applied, Declined, Rule } from './rule.ts';

/** A rule that declined at a node of its root op, and why. */
export interface NearMiss extends Declined {
  readonly rule: string;
  readonly node: Node;
}

/** Callbacks of `applyRules`. */
export interface ApplyOptions {
  readonly onDecline?: (miss: NearMiss) => void;
  readonly onFire?: (rule: string, node: Node) => void;
}

/**
 * Nodes are tried again only after values with at most this many users: an inner value of a match has no user
 * outside it, so a value with many users cannot be one. Without the bound, one constant shared by all nodes
 * would make the time quadratic.
 */
const MAX_WATCHED_USERS = 16;

/** More rewrites than this per node of the graph mean that rules undo one another. */
const MAX_REWRITES_PER_NODE = 20;

/**
 * Applies rules until none fires: first to every node, then only to what a rewrite touched. Time is linear in
 * the number of nodes and rewrites. Returns the number of rewrites. The graph is verified before and after.
 */
export function applyRules(graph: Graph, rules: readonly Rule[], options: ApplyOptions = {}): number {
  verify(graph, registry);
  const fired = rewriteAll(graph, rules, options);
  if (fired > 0)
    withLocation({ pass: rules.map(({ name }) => name).join(', ') }, () => verify(graph, registry));
  return fired;
}

/** `applyRules` without the verifier. */
export function rewriteAll(graph: Graph, rules: readonly Rule[], options: ApplyOptions = {}): number {
  const byRoot = rulesByRoot(rules);
  const queue = new Set<Node>(graph.nodes());
  const depth = Math.max(1, ...rules.map((rule) => rule.depth ?? 1));
  const limit = (graph.nodeCount + 10) * MAX_REWRITES_PER_NODE;
  let fired = 0;
  for (const node of queue) {
    queue.delete(node);
    for (const rule of byRoot.get(node.op) ?? []) {
      const result = rule.apply(graph, node);
      if ('reason' in result) {
        options.onDecline?.({ rule: rule.name, node, ...result });
        continue;
      }
      options.onFire?.(rule.name, node);
      commit(graph, { result, queue, depth });
      if (++fired > limit)
        throw new CompileError(
          'rules/endless',
          `rule ${rule.name} keeps firing; rules may undo one another`,
          { node: node.origin[0], op: node.op },
        );
      break;
    }
  }
  return fired;
}

function rulesByRoot(rules: readonly Rule[]): Map<string, Rule[]> {
  const byRoot = new Map<string, Rule[]>();
  for (const rule of rules) for (const op of rule.roots) byRoot.set(op, [...(byRoot.get(op) ?? []), rule]);
  return byRoot;
}

interface Commit {
  readonly result: Applied;
  readonly queue: Set<Node>;
  /** Levels of nodes that a pattern extends upwards from its root. */
  readonly depth: number;
}

/** Inserts the replacement, removes dead nodes, and queues every node whose match may be affected. */
function commit(graph: Graph, { result, queue, depth }: Commit): void {
  const { replaced, added, match } = result;
  const readers = replaced.flatMap(([old]) => [...old.users]);
  for (const [old, value] of replaced) graph.replaceAllUses(old, value);
  for (const node of match.nodes) removeIfDead(graph, node, { queue, depth });
  for (const node of added) queue.add(node);
  for (const [, { producer }] of replaced) if (producer) queue.add(producer);
  requeueFrom(queue, readers, depth);
}

/** Queues nodes, and those downstream whose patterns extend up to them. */
function requeueFrom(queue: Set<Node>, nodes: Iterable<Node>, depth: number): void {
  let level = new Set(nodes);
  for (let i = 0; i < depth && level.size > 0; i++) {
    const below = new Set<Node>();
    for (const node of level) {
      requeue(queue, node);
      for (const value of node.outputs) for (const user of watchedUsers(value)) below.add(user);
    }
    level = below;
  }
}

function watchedUsers({ users }: Value): Iterable<Node> {
  return users.size <= MAX_WATCHED_USERS ? users : [];
}

function removeIfDead(graph: Graph, node: Node, { queue, depth }: Pick<Commit, 'queue' | 'depth'>): void {
  if (node.outputs.some((output) => output.users.size > 0 || graph.isOutput(output))) return;
  const inputs = node.inputs;
  graph.remove(node);
  queue.delete(node);
  for (const input of inputs) {
    if (!input) continue;
    if (input.constant && input.users.size === 0 && graph.constants.has(input) && !graph.isOutput(input))
      graph.removeConstant(input);
    if (input.producer) requeue(queue, input.producer);
    requeueFrom(queue, watchedUsers(input), depth);
  }
}

/** Moves a node to the end of the queue. */
function requeue(queue: Set<Node>, node: Node): void {
  queue.delete(node);
  queue.add(node);
}
