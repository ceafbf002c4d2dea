import { type Graph, verify, withLocation } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { type ApplyOptions, rewriteAll } from './apply-rules.ts';
import type { Rule } from './rule.ts';

/** A named step that changes a graph in place. */
export interface Pass {
  readonly name: string;
  readonly run: (graph: Graph, tell?: ApplyOptions) => void;
  /** The rules that it applies, if it consists of rules. */
  readonly rules?: readonly Rule[];
}

/** What `runPasses` checks and reports between passes. */
export interface RunOptions extends ApplyOptions {
  /** Verify the graph after each pass that changed it. */
  readonly verifyEach?: boolean;
  readonly onPass?: (pass: Pass) => void;
}

/** A pass that applies rules until none fires. */
export function rulePass(name: string, ...rules: readonly Rule[]): Pass {
  return { name, rules, run: (graph, tell) => void rewriteAll(graph, rules, tell) };
}

/** Runs passes in order; an error gets the name of its pass. */
export function runPasses(
  graph: Graph,
  passes: readonly Pass[],
  { verifyEach, onPass, ...tell }: RunOptions = {},
): void {
  for (const pass of passes) {
    const before = graph.edits;
    withLocation({ pass: pass.name }, () => {
      pass.run(graph, tell);
      if (verifyEach && graph.edits !== before) verify(graph, registry);
    });
    onPass?.(pass);
  }
}
