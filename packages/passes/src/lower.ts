import { CompileError, type Graph, type Node } from '@ghostc/ir';
import { gpuOnlyOps, lookup, loweredOps, loweredQuantizedOps } from '@ghostc/ops';
import { gpuLoweringPasses, loweringPasses } from './optimize.ts';
import { type Pass, runPasses } from './pass.ts';

const known = new Set<string>([...loweredOps, ...loweredQuantizedOps]);

/**
 * Turns composite ops into kernels, in place. Throws `lower/unsupported` for an op that has no kernel, and
 * `lower/element-type` for integers in an op that computes in float32.
 */
export function lower(graph: Graph): Graph {
  return lowered(graph, loweringPasses, known);
}

/** The same for a GPU: fewer, larger kernels. Leaves `gpuOnlyOps` besides. */
export function lowerForGpu(graph: Graph): Graph {
  return lowered(graph, gpuLoweringPasses, new Set([...known, ...gpuOnlyOps]));
}

function lowered(graph: Graph, passes: readonly Pass[], ops: ReadonlySet<string>): Graph {
  runPasses(graph, passes);
  for (const node of graph.nodes()) checkNode(node, ops);
  return graph;
}

function checkNode(node: Node, ops: ReadonlySet<string>): void {
  const location = { node: node.origin[0] ?? node.output.name, op: node.op };
  if (!ops.has(node.op)) throw new CompileError('lower/unsupported', `${node.op} has no kernel`, location);
  const { traits } = lookup(node.op);
  if (traits.has('integer') || traits.has('movement')) return;
  for (const value of [...node.inputs, ...node.outputs]) {
    if (value && value.type.dtype !== 'f32')
      throw new CompileError(
        'lower/element-type',
        `${node.op} computes in f32, %${value.name} is ${value.type.dtype}`,
        location,
      );
  }
}
