import type { Graph, Node } from '@ghostc/ir';
import type { Pass } from './pass.ts';

/** Removes nodes whose results nobody uses, and constants without users. Graph inputs stay. */
export const removeDeadCode: Pass = {
  name: 'remove-dead-code',
  run(graph) {
    const outputs = new Set(graph.outputs.map(({ value }) => value));
    for (let node = graph.last; node; ) {
      const previous: Node | null = node.previous;
      if (node.outputs.every((value) => value.users.size === 0 && !outputs.has(value))) graph.remove(node);
      node = previous;
    }
    removeConstants(graph);
  },
};

function removeConstants(graph: Graph): void {
  const outputs = new Set(graph.outputs.map(({ value }) => value));
  for (const value of [...graph.constants])
    if (value.users.size === 0 && !outputs.has(value)) graph.removeConstant(value);
}
