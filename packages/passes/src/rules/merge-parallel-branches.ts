import { fromNumbers, type Graph, type Node, sameShape, type Value } from '@ghostc/ir';
import type { Build } from '../build.ts';
import {
  branchOf,
  type ConvBranch,
  fillsSum,
  identityBranch,
  type MergedConv,
  mergeBranches,
} from '../conv-branch.ts';
import { type Applied, type Declined, type Rule, rewriting } from '../rule.ts';

// a(x) + b(x) + ... + y   =>   conv(x, A + B + ...) + y
// where a, b, ... are convolutions of one stride (kernels widened with zeros to their union, depthwise ones spread over
// their group), batch norms (k x + d: a 1x1 kernel k with the bias d) or x itself (1x1, k = 1). The sum may be nested in any
// way. Fires where the one kernel takes at most the multiply-accumulates of the branches.
// RepVGG (Ding et al., CVPR 2021), section 3.3; GhostNetV3 and RepGhost train in this form.
export const mergeParallelBranches: Rule = {
  name: 'merge-parallel-branches',
  roots: new Set(['add']),
  apply: (graph, root) => {
    const parent = enclosingSum(graph, root);
    if (parent) return { reason: `%${root.output.name} is a part of the sum %${parent.output.name}` };
    const sum = flatten(graph, root);
    const { groups, reason } = groupBranches(graph, sum);
    const merged = groups.flatMap(mergeGroup);
    const found = merged.filter((one) => typeof one !== 'string');
    const refusal = merged.find((one) => typeof one === 'string') ?? reason;
    return found.length
      ? rewrite(graph, sum, found)
      : { reason: refusal ?? 'no two branches read one value' };
  },
};

/** A tree of additions: its nodes, the root first, and the terms that it adds up. */
interface Sum {
  readonly root: Node;
  readonly nodes: ReadonlySet<Node>;
  readonly terms: readonly Value[];
}

function flatten(graph: Graph, root: Node): Sum {
  const nodes = new Set<Node>();
  const terms: Value[] = [];
  const pending: Value[] = [root.output];
  for (let value = pending.pop(); value; value = pending.pop()) {
    const node = value.producer;
    const inside = node && (node === root || enclosingSum(graph, node) !== null);
    if (!inside) terms.push(value);
    else {
      nodes.add(node);
      pending.push(...node.inputs.filter((input) => input !== null).reverse());
    }
  }
  return { root, nodes, terms };
}

/** The only addition that uses this one, if it adds no broadcast value to it. */
function enclosingSum(graph: Graph, node: Node): Node | null {
  const [user] = node.output.users;
  if (node.op !== 'add' || user?.op !== 'add' || node.output.users.size !== 1) return null;
  if ((node.attrs.activation ?? 'none') !== 'none' || graph.isOutput(node.output)) return null;
  const [a, b] = user.inputs;
  return a !== b && sameShape(node.output.type.shape, user.output.type.shape) ? user : null;
}

type Group = [ConvBranch, ...ConvBranch[]];

/** Branches of one input, stride and element type, and why a potential branch is not one. */
function groupBranches(graph: Graph, sum: Sum): { groups: Group[]; reason: string | undefined } {
  const groups = new Map<string, Group>();
  const ids = new Map<Value, number>();
  const key = ({ x, strides, dtype }: ConvBranch): string => {
    if (!ids.has(x)) ids.set(x, ids.size);
    return `${ids.get(x)} ${strides.join()} ${dtype}`;
  };
  const add = (branch: ConvBranch): void => {
    const group = groups.get(key(branch));
    if (group) group.push(branch);
    else groups.set(key(branch), [branch]);
  };
  let reason: string | undefined;
  const plain: Value[] = [];
  for (const term of sum.terms) {
    const branch = onlyUsedIn(sum, term) ? branchOf(term) : null;
    if (branch === null) plain.push(term);
    if (typeof branch === 'string') reason ??= branch;
    else if (branch && graph.isOutput(term)) reason ??= `%${term.name} is an output of the graph`;
    else if (branch && fillsSum(branch, sum.root.output)) add(branch);
  }
  for (const term of plain) {
    if (typeof term.type.shape[1] !== 'number') continue;
    const branch = identityBranch(term);
    if (groups.has(key(branch)) && fillsSum(branch, sum.root.output)) add(branch);
    else reason ??= usedElsewhere(sum, term);
  }
  return { groups: [...groups.values()].filter((group) => group.length > 1), reason };
}

function onlyUsedIn(sum: Sum, term: Value): boolean {
  return outsideUser(sum, term) === undefined;
}

/** Stops at the first: a constant shared by the whole graph has as many users as the graph has nodes. */
function outsideUser({ nodes }: Sum, term: Value): Node | undefined {
  for (const user of term.users) if (!nodes.has(user)) return user;
  return undefined;
}

function usedElsewhere(sum: Sum, term: Value): string | undefined {
  const user = outsideUser(sum, term);
  return user && branchOf(term)
    ? `%${term.name} is also used by ${user.op} (%${user.output.name})`
    : undefined;
}

interface MergedGroup {
  readonly branches: Group;
  readonly conv: MergedConv;
}

/** The whole group as one convolution, or else one for the depthwise branches and one for the full ones. */
function mergeGroup(group: Group): (MergedGroup | string)[] {
  const whole = mergeBranches(group);
  if (typeof whole !== 'string') return [{ branches: group, conv: whole }];
  const parts = new Map<string, Group>();
  for (const branch of group) {
    const { op, attrs } = branch.channels;
    const kind = op === 'depthwise_conv2d' ? op : `${op} ${String(attrs.group)}`;
    const part = parts.get(kind);
    if (part) part.push(branch);
    else parts.set(kind, [branch]);
  }
  const several = [...parts.values()].filter((part) => part.length > 1 && part.length < group.length);
  const merged = several.map((branches) => ({ branches, conv: mergeBranches(branches) }));
  const found = merged.filter((one): one is MergedGroup => typeof one.conv !== 'string');
  return found.length ? found : [whole];
}

function rewrite(graph: Graph, sum: Sum, merged: readonly MergedGroup[]): Applied | Declined {
  const gone = new Set(
    merged.flatMap(({ branches }) => branches.flatMap(({ node }) => (node ? [node] : []))),
  );
  const match = { captures: {}, nodes: [...sum.nodes, ...gone] };
  return rewriting(graph, sum.root, { match, rewrite: (build) => mergedSum(sum, merged, build) });
}

function mergedSum(sum: Sum, merged: readonly MergedGroup[], build: Build): Value {
  const kept = keptTerms(sum, merged);
  const whole = kept.length === 0 && merged.length === 1;
  const convs = merged.map(({ branches, conv }) =>
    convNode(build, { branches, conv, attrs: whole ? sum.root.attrs : {} }),
  );
  const terms = [...convs, ...kept];
  return terms.reduce((total, term, i) =>
    build.node('add', [total, term], i === terms.length - 1 ? sum.root.attrs : {}),
  );
}

/** Terms that no merged convolution replaces; a term that is added twice can be kept once. */
function keptTerms({ terms }: Sum, merged: readonly MergedGroup[]): Value[] {
  const left = new Map<Value, number>();
  for (const { branches } of merged)
    for (const { node, x } of branches) {
      const value = node?.output ?? x;
      left.set(value, (left.get(value) ?? 0) + 1);
    }
  return terms.filter((term) => {
    const count = left.get(term) ?? 0;
    if (count > 0) left.set(term, count - 1);
    return count === 0;
  });
}

function convNode(build: Build, { branches, conv, attrs }: MergedGroup & { attrs: Node['attrs'] }): Value {
  const [{ x, dtype }] = branches;
  const convs = branches.map(({ node }) => node).filter((node) => node !== null);
  const source = convs.find((node) => node.op === conv.op) ?? convs[0];
  const weight = build.constant(
    fromNumbers(dtype, conv.shape, conv.weight),
    source?.inputs[1]?.name ?? 'weight',
  );
  const bias =
    conv.bias && build.constant(fromNumbers(dtype, [conv.bias.length], conv.bias), `${weight.name}_bias`);
  return build.node(conv.op, [x, weight, bias], { ...conv.attrs, ...attrs });
}
