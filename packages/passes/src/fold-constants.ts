import { attempt, CompileError, type Graph, isStatic, type Node, numElements } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';
import type { Pass } from './pass.ts';

/** Folding may not make constants larger than this many elements, unless they are no larger than what they came from. */
const MAX_GROWTH = 4096;

/** Evaluates nodes whose inputs are all constant. */
export const foldConstants: Pass = {
  name: 'fold-constants',
  run(graph) {
    for (const node of graph.nodes()) if (foldable(node)) fold(graph, node);
  },
};

function foldable(node: Node): boolean {
  if (node.inputs.length === 0 || !node.inputs.every((value) => value === null || value.constant))
    return false;
  if (!node.outputs.every((value) => value.type.shape.every(isStatic))) return false;
  const size = node.outputs.reduce((sum, value) => sum + numElements(value.type.shape), 0);
  const before = node.inputs.reduce((sum, value) => sum + (value?.constant?.data.length ?? 0), 0);
  return size <= Math.max(before, MAX_GROWTH);
}

/** A node that cannot be evaluated stays: it is an error only where it runs. */
function fold(graph: Graph, node: Node): void {
  const results = attempt(() =>
    lookup(node.op).evaluateTensors(
      node.inputs.map((value) => value?.constant ?? null),
      node.attrs,
      node.outputs.map((value) => value.type),
    ),
  );
  if (!results) return;
  node.outputs.forEach((output, i) => {
    const result = results[i];
    if (!result)
      throw new CompileError('fold/output', `${node.op} gave no output ${i}`, {
        node: node.origin[0],
        op: node.op,
      });
    graph.replaceAllUses(output, graph.addConstant(output.name, result));
  });
  graph.remove(node);
}
