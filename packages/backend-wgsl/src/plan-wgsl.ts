import type { Graph, Node } from '@ghostc/ir';
import { storageRuleOf } from '@ghostc/ops';
import { type MemoryPlan, planMemory } from '@ghostc/planner';
import { type Carried, carried } from './carry.ts';
import { type Chain, findChains } from './chains/find-chains.ts';
import { checkGraph } from './check-graph.ts';
import type { Kernel } from './kernel.ts';
import { kernelOf } from './kernels/kernel-of.ts';

/** Offsets of values in the arena are multiples of a vec4f, except of concat parts of odd size. */
export const arenaAlign = 16;

/** Parts of a concat in place start on whole words: a word of bytes is written by one invocation. */
const partAlign = 4;

/** A lowered graph with its values in float32 and bytes, in one arena. */
export interface WgslPlan extends Carried {
  readonly plan: MemoryPlan;
  /** Nodes that share a dispatch. */
  readonly chains: readonly Chain[];
}

/** The memory plan of the WebGPU program for a lowered graph. Throws CompileError (`wgsl/...`) for what has no kernel. */
export function planWgsl(lowered: Graph): WgslPlan {
  checkGraph(lowered);
  const { graph, types } = carried(lowered);
  const kernel = (node: Node): Kernel => kernelOf(node, node.output.type.dtype);
  let chains: readonly Chain[] = [];
  const plan = planMemory(graph, {
    storageRule: storageRuleOf,
    io: 'arena',
    align: arenaAlign,
    partAlign,
    together: (elided) => {
      chains = findChains({ graph, elided, kernelOf: kernel });
      return chains.map(({ nodes }) => nodes);
    },
    scratchBytes: (node) => kernel(node).scratchBytes?.(node) ?? 0,
  });
  return { graph, types, plan, chains };
}
