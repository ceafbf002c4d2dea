import { CompileError, type Graph } from '@ghostc/ir';
import { gpuOnlyOps, loweredOps } from '@ghostc/ops';
import { gpuLoweringPasses, loweringPasses } from './optimize.ts';
import { type Pass, runPasses } from './pass.ts';

/**
 * Turns composite ops into kernels, in place. Throws `lower/unsupported` for an op that has no kernel, and
 * `lower/element-type` for a value that is no float32.
 */
export function lower(graph: Graph): Graph {
  return lowered(graph, loweringPasses, loweredOps);
}

/** The same for a GPU: fewer, larger kernels. Leaves `gpuOnlyOps` besides. */
export function lowerForGpu(graph: Graph): Graph {
  return lowered(graph, gpuLoweringPasses, [...loweredOps, ...gpuOnlyOps]);
}

function lowered(graph: Graph, passes: readonly Pass[], ops: readonly string[]): Graph {
  runPasses(graph, passes);
  const known = new Set(ops);
  for (const node of graph.nodes()) {
    const location = { node: node.origin[0] ?? node.output.name, op: node.op };
    if (!known.has(node.op))
      throw new CompileError('lower/unsupported', `${node.op} has no kernel`, location);
    for (const value of [...node.inputs, ...node.outputs]) {
      if (value && value.type.dtype !== 'f32')
        throw new CompileError(
          'lower/element-type',
          `kernels compute in f32, %${value.name} is ${value.type.dtype}`,
          location,
        );
    }
  }
  return graph;
}
