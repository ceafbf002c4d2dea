import { CompileError, type Graph, type Node } from '@ghostc/ir';
import { loweredGeneralOps, loweredOps, loweredQuantizedOps } from '@ghostc/ops';
import { loweringPasses } from './optimize.ts';
import { runPasses } from './pass.ts';

const known = new Set<string>([...loweredOps, ...loweredQuantizedOps, ...loweredGeneralOps]);

/**
 * Turns composite ops into kernels, in place. Throws `lower/unsupported` for an op that has no kernel; which element types an
 * op's kernel takes is the backend's to say.
 */
export function lower(graph: Graph): Graph {
  runPasses(graph, loweringPasses);
  for (const node of graph.nodes()) checkNode(node);
  return graph;
}

function checkNode(node: Node): void {
  const location = { node: node.origin[0] ?? node.output.name, op: node.op };
  if (!known.has(node.op)) throw new CompileError('lower/unsupported', `${node.op} has no kernel`, location);
}
