import { CompileError, type Graph, type Node } from '@ghostc/ir';
import { rewriteAll } from './apply-rules.ts';
import type { Pass } from './pass.ts';
import type { Rule } from './rule.ts';

/** Where a rule was tried. */
export interface RuleSite {
  /** Source-model names of the node, or its value if it has none. */
  readonly node: string;
  readonly op: string;
}

/** A place where a rule did not fire, and why. */
export interface NearMissReport extends RuleSite {
  readonly reason: string;
}

/** Where a rule fired on a model, and where it declined. */
export interface Explanation {
  readonly rule: string;
  readonly fired: readonly RuleSite[];
  /** Nodes of the rule's root op on which it did not fire, with the last reason for each. */
  readonly declined: readonly NearMissReport[];
}

/**
 * Runs passes up to the first that contains the rule, applies that pass, and reports where the rule fired and
 * why it declined elsewhere. A rule that no pass contains is tried on the graph after all passes. The graph
 * is changed.
 */
export function explainRule(graph: Graph, rule: Rule, passes: readonly Pass[]): Explanation {
  for (const pass of passes) {
    if (pass.rules?.includes(rule)) return applyExplained(graph, rule, pass.rules);
    pass.run(graph);
  }
  return applyExplained(graph, rule, [rule]);
}

function applyExplained(graph: Graph, rule: Rule, rules: readonly Rule[]): Explanation {
  const declined = new Map<Node, NearMissReport>();
  const fired: RuleSite[] = [];
  rewriteAll(graph, rules, {
    onDecline: (miss) => {
      if (miss.rule === rule.name) declined.set(miss.node, { ...siteOf(miss.node), reason: miss.reason });
    },
    onFire: (name, node) => {
      declined.delete(node);
      if (name === rule.name) fired.push(siteOf(node));
    },
  });
  return {
    rule: rule.name,
    fired,
    declined: [...declined].filter(([node]) => isIn(graph, node)).map(([, report]) => report),
  };
}

function isIn(graph: Graph, node: Node): boolean {
  return node.previous !== null || node.next !== null || graph.first === node;
}

function siteOf(node: Node): RuleSite {
  return { node: node.origin.join(', ') || `%${node.outputs[0]?.name}`, op: node.op };
}

/** A rule by its name; throws `rules/unknown` with the existing names. */
export function findRule(rules: ReadonlyMap<string, Rule>, name: string): Rule {
  const rule = rules.get(name);
  if (rule) return rule;
  throw new CompileError(
    'rules/unknown',
    `there is no rule ${name}; there are ${[...rules.keys()].join(', ')}`,
  );
}
