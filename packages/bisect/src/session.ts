import type { Node } from '@ghostc/ir';
import type { Sample } from './isolate.ts';
import type { Outcome } from './outcome.ts';

/** A beginning of the model, up to one node, in both runtimes; in quantised models on ONNX Runtime only the node. */
export interface BisectRow {
  /** The name in the source model, or the value's. */
  readonly node: string;
  readonly op: string;
  readonly kind: Outcome['kind'];
  /** Largest |a - b|, and what rounding explains of it at the worst element. */
  readonly error: number;
  readonly allowed: number;
}

export interface NamedNode {
  readonly node: string;
  readonly op: string;
}

export interface BisectReport {
  /** What the whole model did. */
  readonly whole: Outcome;
  /** Whether the runtimes agree on the whole model, also if there is no answer: see `whole.kind`. */
  readonly agree: boolean;
  readonly rows: readonly BisectRow[];
  /** The single node that differs by itself; null if it takes several, or none is known. */
  readonly culprit: NamedNode | null;
  /** The nodes that differ together, the last of them at the first result that differs: a layer or a fused group. */
  readonly group: readonly NamedNode[];
  /** The smallest model and inputs found that still differ, run once more; null when nothing differs. */
  readonly smallest: (Sample & { readonly outcome: Outcome }) | null;
  /** What could not be done, and why. */
  readonly notes: readonly string[];
  /** Executions of both runtimes. */
  readonly trials: number;
}

export interface BisectOptions {
  /** Executions that the reduction may take. Default 60. */
  readonly maxTrials?: number;
  readonly onProgress?: (text: string) => void;
}

/** Runs of one bisection. */
export interface Session {
  readonly run: (sample: Sample) => Promise<Outcome>;
  readonly progress: (text: string) => void;
  readonly rows: BisectRow[];
  readonly notes: string[];
  readonly trials: () => number;
  readonly maxTrials: number;
}

export interface Located {
  readonly group?: readonly NamedNode[];
  readonly smallest?: BisectReport['smallest'];
}

/** The report of a session, of a difference or none. */
export function report(
  session: Session,
  whole: Outcome,
  { group = [], smallest = null }: Located,
): BisectReport {
  const { rows, notes, trials } = session;
  const [only] = group;
  const culprit = group.length === 1 && only ? only : null;
  const agree = whole.kind === 'same' || whole.kind === 'unclear';
  return { whole, agree, rows, culprit, group, smallest, notes, trials: trials() };
}

/** A node by its name in the source model. */
export function named(node: Node): NamedNode {
  return { node: node.origin[0] ?? node.output.name, op: node.op };
}
