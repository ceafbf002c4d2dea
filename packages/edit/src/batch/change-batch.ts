import {
  CompileError,
  type Dim,
  type Graph,
  type GraphOutput,
  isStatic,
  type Node,
  type Value,
} from '@ghostc/ir';
import { hasKept, lookup, withDefaults } from '@ghostc/ops';
import { copyGraph } from '../copy-graph.ts';
import { sampleRuleOf } from './sample-rules.ts';
import { refuse, type Samples, type Site } from './samples.ts';

/**
 * The model for another batch size, a number or a name for a symbolic one. Samples are followed through the graph from the
 * first axis of the inputs, and every number that came from the batch changes; each sample of the new model computes what
 * it did by itself. Throws `edit/batch` at the first node that would mix them, or of which that is not known.
 */
export function changeBatch(graph: Graph, batch: Dim): Graph {
  const from = graph.inputs.find(({ type }) => type.shape.length > 0)?.type.shape[0];
  if (from === undefined) throw new CompileError('edit/batch', 'expected an input with an axis, found none');
  const held = graph.inputs.filter(({ type }) => type.shape[0] === from);
  const attrs = isStatic(from) ? changedAttrs(graph, held, { from, to: batch }) : checkNamed(graph);
  return copyGraph(graph, {
    inputType: (input) =>
      held.includes(input) ? { ...input.type, shape: [batch, ...input.type.shape.slice(1)] } : input.type,
    attrs: (node) => attrs.get(node) ?? node.attrs,
  });
}

/** A batch that has a name already is in no number. */
function checkNamed(graph: Graph): ReadonlyMap<Node, Node['attrs']> {
  if (hasKept(graph))
    throw new CompileError('edit/batch', 'nodes are kept as ONNX has them; give sizes with --bind');
  return new Map();
}

function refuseOutput({ name, value }: GraphOutput): never {
  throw new CompileError('edit/batch', `output ${name} merges the samples with another axis`, {
    node: value.producer?.origin[0] ?? name,
    op: value.producer?.op ?? 'output',
  });
}

function changedAttrs(
  graph: Graph,
  held: readonly Value[],
  sizes: { readonly from: number; readonly to: Dim },
): Map<Node, Node['attrs']> {
  const samples = new Map<Value, Samples>(held.map((input) => [input, { axis: 0, inner: 1 }]));
  const changed = new Map<Node, Node['attrs']>();
  for (const node of graph.nodes()) {
    const inputs = node.inputs.map((value) => (value && samples.get(value)) ?? null);
    if (inputs.every((one) => one === null)) continue;
    const site: Site = { node, inputs, attrs: withDefaults(lookup(node.op).attrs, node.attrs), ...sizes };
    const rule = sampleRuleOf(node.op);
    const moved = rule ? rule(site) : refuse(site, `nothing is known of how ${node.op} treats samples`);
    if (moved.attrs) changed.set(node, moved.attrs);
    for (const output of node.outputs) samples.set(output, moved.outputs);
  }
  const fixed = graph.outputs.find(({ value }) => samples.has(value) && samples.get(value)?.inner !== 1);
  if (fixed) refuseOutput(fixed);
  return changed;
}
