import {
  CompileError,
  type Dim,
  type Graph,
  type GraphOutput,
  isStatic,
  itemAt,
  type Node,
  type Value,
} from '@ghostc/ir';
import { lookup, withDefaults } from '@ghostc/ops';
import { sampleRuleOf } from './sample-rules.ts';
import { type Repeated, refuse, type Samples, type Site } from './samples.ts';

/** What a new batch size changes. */
export interface BatchChanges {
  /** Inputs whose first axis is the batch. */
  readonly inputs: readonly Value[];
  readonly attrs: ReadonlyMap<Node, Node['attrs']>;
  /** Inputs of nodes that need a row for each sample. */
  readonly repeated: readonly (Repeated & { readonly node: Node })[];
}

/** Inputs and attributes that contain the batch. Throws `edit/batch`. */
export function batchChanges(graph: Graph, to: Dim): BatchChanges {
  const from = graph.inputs.find(({ type }) => type.shape.length > 0)?.type.shape[0];
  if (from === undefined) throw new CompileError('edit/batch', 'expected an input with an axis, found none');
  const inputs = graph.inputs.filter(({ type }) => type.shape[0] === from);
  if (isStatic(from)) return { inputs, ...followSamples(graph, inputs, { from, to }) };
  checkNamed(graph);
  return { inputs, attrs: new Map(), repeated: [] };
}

/** A batch that already has a name occurs in no number. */
function checkNamed(graph: Graph): void {
  for (const { op, attrs, origin, output } of graph.nodes())
    if (lookup(op).traits.has('kept'))
      throw new CompileError(
        'edit/batch',
        `${attrs.op_type} stays as ONNX has it, and its types do not follow from the batch; give sizes with --bind`,
        { node: origin[0] ?? output.name, op },
      );
}

function refuseOutput({ name, value }: GraphOutput): never {
  throw new CompileError('edit/batch', `output ${name} merges the samples with another axis`, {
    node: value.producer?.origin[0] ?? name,
    op: value.producer?.op ?? 'output',
  });
}

function followSamples(
  graph: Graph,
  held: readonly Value[],
  sizes: { readonly from: number; readonly to: Dim },
): Omit<BatchChanges, 'inputs'> {
  const samples = new Map<Value, Samples>(held.map((input) => [input, { axis: 0, inner: 1 }]));
  const given = new Set<Value>(graph.inputs);
  const attrs = new Map<Node, Node['attrs']>();
  const repeated: BatchChanges['repeated'][number][] = [];
  for (const node of graph.nodes()) {
    if (node.inputs.some((value) => value && given.has(value))) node.outputs.forEach((one) => given.add(one));
    const inputs = node.inputs.map((value) => (value && samples.get(value)) ?? null);
    if (inputs.every((one) => one === null)) continue;
    const filled = withDefaults(lookup(node.op).attrs, node.attrs);
    const site: Site = { node, inputs, given, attrs: filled, ...sizes };
    const rule = sampleRuleOf(node.op);
    const moved = rule ? rule(site) : refuse(site, `nothing is known of how ${node.op} treats samples`);
    if (moved.attrs) attrs.set(node, moved.attrs);
    for (const one of moved.repeated ?? []) repeated.push({ node, ...one });
    node.outputs.forEach((output, i) => {
      samples.set(output, 'axis' in moved.outputs ? moved.outputs : itemAt(moved.outputs, i));
    });
  }
  const fixed = graph.outputs.find(({ value }) => samples.has(value) && samples.get(value)?.inner !== 1);
  if (fixed) refuseOutput(fixed);
  return { attrs, repeated };
}
