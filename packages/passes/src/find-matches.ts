import type { Graph, Node } from '@ghostc/ir';
import { checkPattern } from './check-pattern.ts';
import { matchAt } from './match.ts';
import type { RootPattern } from './pattern.ts';

/** A place where a pattern matches. */
export interface FoundMatch<C> {
  readonly captures: C;
  /** Matched nodes, the root first. */
  readonly nodes: readonly Node[];
}

/**
 * Where a rule with this pattern would match, in order of execution; nothing is changed. Matches may overlap.
 * Throws `rule/...` for a pattern that can match nothing, or too much.
 */
export function findMatches<C>(graph: Graph, pattern: RootPattern<C>): FoundMatch<C>[] {
  checkPattern(pattern);
  const found: FoundMatch<C>[] = [];
  for (const node of graph.nodes()) {
    const result = pattern.ops.has(node.op) ? matchAt(graph, node, pattern) : undefined;
    if (result && 'match' in result) found.push(result.match as FoundMatch<unknown> as FoundMatch<C>);
  }
  return found;
}
