import {
  CompileError,
  type Dim,
  type Graph,
  type GraphOutput,
  isStatic,
  type Node,
  type Value,
} from '@ghostc/ir';
import { lookup, withDefaults } from '@ghostc/ops';
import { sampleRuleOf } from './sample-rules.ts';
import { refuse, type Samples, type Site } from './samples.ts';

/** What another batch size changes. */
export interface BatchChanges {
  /** Inputs whose first axis is the batch. */
  readonly inputs: readonly Value[];
  readonly attrs: ReadonlyMap<Node, Node['attrs']>;
}

/** Inputs and attributes that hold the batch. Throws `edit/batch`. */
export function batchChanges(graph: Graph, to: Dim): BatchChanges {
  const from = graph.inputs.find(({ type }) => type.shape.length > 0)?.type.shape[0];
  if (from === undefined) throw new CompileError('edit/batch', 'expected an input with an axis, found none');
  const inputs = graph.inputs.filter(({ type }) => type.shape[0] === from);
  return { inputs, attrs: isStatic(from) ? changedAttrs(graph, inputs, { from, to }) : checkNamed(graph) };
}

/** A batch that has a name already is in no number. */
function checkNamed(graph: Graph): ReadonlyMap<Node, Node['attrs']> {
  for (const { op, attrs, origin, output } of graph.nodes())
    if (lookup(op).traits.has('kept'))
      throw new CompileError(
        'edit/batch',
        `${attrs.op_type} stays as ONNX has it, and its types do not follow from the batch; give sizes with --bind`,
        { node: origin[0] ?? output.name, op },
      );
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
