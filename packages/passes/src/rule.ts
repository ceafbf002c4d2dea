import { CompileError, type Graph, itemAt, type Node, sameShape, Value, withLocation } from '@ghostc/ir';
import { type Build, Builder, type Source } from './build.ts';
import { checkPattern } from './check-pattern.ts';
import { CopyWork, sharedElements } from './copy-work.ts';
import { type Match, matchAt } from './match.ts';
import { type Captures, patternDepth, type RootPattern } from './pattern.ts';

/** The source names of each part of a composite, in order; absent if unknown. */
export function sourcesOf({ partOrigins }: Node): Source[] {
  return partOrigins.map((origin) => ({ origin }));
}

/** What `rule` creates a rule from: a pattern, a reason to decline, a rewrite. */
export interface RuleSpec<C> {
  readonly name: string;
  readonly match: RootPattern<C>;
  /** A reason to decline a match, or false. */
  readonly unless?: (captures: C) => string | false | undefined;
  /**
   * The value that replaces the matched output, or one for each output of the root; for `roots`, one for each
   * of them.
   */
  readonly rewrite: (captures: C, build: Build) => Value | readonly Value[];
}

/** A rule as the driver sees it. */
export interface Rule {
  readonly name: string;
  /** Ops of the root node. */
  readonly roots: ReadonlySet<string>;
  /** Levels of nodes that a match can have, including the root: 1 if absent. */
  readonly depth?: number;
  /** Tries the rule at a node: returns the replacement, or why not. */
  readonly apply: (graph: Graph, root: Node) => Applied | Declined;
}

export interface Applied {
  /** Outputs of the root, and their replacements. */
  readonly replaced: readonly (readonly [Value, Value])[];
  readonly added: readonly Node[];
  readonly match: Match;
}

export interface Declined {
  readonly reason: string;
  /** Why the replacement could not be built although the rule saw no reason to decline: a bug in the rule. */
  readonly error?: CompileError;
}

/**
 * Creates a rule; the captures of `match` type the arguments of `unless` and `rewrite`. Throws `rule/root`
 * without an op to start from.
 */
export function rule<C>(spec: RuleSpec<C>): Rule {
  withLocation({ pass: spec.name }, () => checkPattern(spec.match));
  return {
    name: spec.name,
    roots: spec.match.ops,
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
  const captures = match.captures as Captures & C;
  const { kind, outputIndex, inputs = [] } = spec.match;
  return rewriting(graph, root, {
    match,
    output: outputIndex,
    outputs: kind === 'roots' ? inputs.map((one) => one.outputIndex ?? 0) : undefined,
    rewrite: (build) => spec.rewrite(captures, build),
  });
}

interface Rewriting {
  readonly match: Match;
  /** The output of the root that one value replaces: the first if absent. */
  readonly output?: number | undefined;
  /** For several roots, the output of each. */
  readonly outputs?: readonly number[] | undefined;
  readonly rewrite: (build: Build) => Value | readonly Value[];
}

/**
 * Builds a replacement before `root`. If it cannot be built, or has a different type than the root's output,
 * the rule declines and the graph is unchanged: no pass fails on a valid graph. An unknown op, a wrong number
 * of inputs, a wrong attribute and any other error of `rewrite` are thrown; these leave nothing in the graph
 * either.
 */
export function rewriting(
  graph: Graph,
  root: Node,
  { match, output, outputs, rewrite }: Rewriting,
): Applied | Declined {
  const origin = [...new Set(inOrder(match.nodes).flatMap((node) => node.origin))];
  const roots = outputs ? placeOfRoots(match) : [root];
  if ('reason' in roots) return roots;
  const builder = new Builder({ graph, roots, origin });
  const shared = sharedElements(match.nodes);
  const work = CopyWork.of(graph);
  if (shared > 0 && !work.allows(shared)) return { reason: 'its constants are shared and too large to copy' };
  try {
    const result = rewrite(builder.functions);
    const replaced = outputs ? pairsOfRoots(match, outputs, result) : pairsOf(root, output ?? 0, result);
    for (const [old, value] of replaced) checkReplacement(old, value);
    if (shared > 0) for (const { constant } of builder.constants) if (constant) work.spend(constant.data);
    return { replaced, added: builder.nodes, match };
  } catch (error) {
    builder.undo();
    if (!(error instanceof CompileError) || mistakes.has(error.code)) throw error;
    return { reason: error.detail, error };
  }
}

/** Faults of a rule that do not depend on the graph. */
const mistakes: ReadonlySet<string> = new Set(['op/unknown', 'verify/arity', 'verify/attribute']);

/** The roots in order of execution. Declines if one of them reads something computed after the first. */
function placeOfRoots({ roots = [], nodes }: Match): readonly Node[] | Declined {
  const ordered = [...roots].sort((a, b) => (a === b ? 0 : comesBefore(a, b) ? -1 : 1));
  const [first, last] = [ordered[0], ordered.at(-1)];
  const between = new Set<Node>();
  for (let node = first; node && node !== last; node = node.next ?? undefined) between.add(node);
  for (const node of nodes)
    for (const input of node.inputs)
      if (input?.producer && between.has(input.producer) && !nodes.includes(input.producer))
        return { reason: `%${input.name} is computed between the roots` };
  return ordered;
}

/** Walks in both directions at once, since roots are near one another. */
function comesBefore(a: Node, b: Node): boolean {
  let [down, up]: (Node | null)[] = [a.next, a.previous];
  while (down && up) {
    if (down === b || up === b) return down === b;
    [down, up] = [down.next, up.previous];
  }
  for (; down; down = down.next) if (down === b) return true;
  return false;
}

function pairsOfRoots(
  { roots = [] }: Match,
  outputs: readonly number[],
  result: Value | readonly Value[],
): (readonly [Value, Value])[] {
  if (result instanceof Value || result.length !== roots.length)
    throw new CompileError('rules/result', `expected a value for each of the ${roots.length} roots`);
  return roots.map((root, i) => [itemAt(root.outputs, itemAt(outputs, i)), itemAt(result, i)]);
}

function pairsOf(root: Node, output: number, result: Value | readonly Value[]): (readonly [Value, Value])[] {
  if (result instanceof Value) return [[itemAt(root.outputs, output), result]];
  const given = Array.isArray(result) ? result : [];
  if (given.length !== root.outputs.length || !given.every((one) => one instanceof Value))
    throw new CompileError(
      'rules/result',
      `expected a value, or one for each of the ${root.outputs.length} outputs of ${root.op}`,
    );
  return root.outputs.map((old, i) => [old, itemAt(given, i)]);
}

function checkReplacement(old: Value, value: Value): void {
  if (old.type.dtype === value.type.dtype && sameShape(old.type.shape, value.type.shape)) return;
  const [from, to] = [old, value].map(({ type }) => `${type.dtype}[${type.shape.join(',')}]`);
  throw new CompileError('rules/type', `the replacement of ${from} is ${to}`);
}

/** Ops folded into a layer before its computation; the layer is not named after them. */
const absorbed = new Set(['quantize_linear', 'dequantize_linear', 'batch_norm']);

/** Matched nodes in order of execution, folded ones last. */
function inOrder([root, ...others]: readonly Node[]): Node[] {
  const left = new Set([root, ...others]);
  const ordered: Node[] = [];
  const visit = (node: Node | null | undefined): void => {
    if (!node || !left.delete(node)) return;
    for (const input of node.inputs) visit(input?.producer);
    ordered.push(node);
  };
  visit(root);
  const isAbsorbed = (node: Node): number => Number(absorbed.has(node.op));
  return ordered.sort((a, b) => isAbsorbed(a) - isAbsorbed(b));
}
