import { CompileError, type Graph, type Node } from '@ghostc/ir';
import { nodeMacs } from '@ghostc/ops';
import { type GhostPair, ghostLayers } from './kernels/quantized/dsp/ghost-module.ts';

/** Op of the node that stands for both parts of a Ghost module; it is known in this package only. */
const ghostRows = 'ghost_rows';

/** A graph in which the convolution and the cheap operation of a Ghost module are one node with two outputs. */
export interface FusedGhost {
  readonly graph: Graph;
  /** What a node stands for, also in a copy of the graph; undefined for all others. */
  readonly pairOf: (node: Node) => GhostPair | undefined;
}

/** Nothing fused. */
export function unfused(graph: Graph): FusedGhost {
  return { graph, pairOf: () => undefined };
}

/** Fuses every Ghost module that has a kernel. Throws `backend-c/fuse-ghost` if there is none. */
export function fuseGhost(lowered: Graph): FusedGhost {
  const graph = lowered.clone();
  const pairs: GhostPair[] = [];
  for (const primary of [...graph.nodes()]) {
    const pair = pairAt(primary);
    if (pair && ghostLayers(pair)) replace(graph, pair, pairs.push(pair) - 1);
  }
  if (!pairs.length)
    throw new CompileError(
      'backend-c/fuse-ghost',
      'no Ghost module to fuse; expected int8 with a 1x1 primary convolution and a cheap operation of stride 1, at most 64 wide',
    );
  return { graph, pairOf: (node) => (node.op === ghostRows ? pairs[Number(node.attrs.pair)] : undefined) };
}

/** A convolution whose output is read by a depthwise convolution and by something else, the join. */
function pairAt(primary: Node): GhostPair | null {
  if (primary.op !== 'qlinear_conv2d') return null;
  const users = [...primary.output.users];
  const cheap = users.find(
    ({ op, inputs }) => op === 'qlinear_depthwise_conv2d' && inputs[0] === primary.output,
  );
  return cheap && users.length > 1 ? { primary, cheap } : null;
}

function replace(graph: Graph, { primary, cheap }: GhostPair, pair: number): void {
  const results = [primary.output, cheap.output];
  const node = graph.add({
    op: ghostRows,
    inputs: [primary.inputs[0] ?? null],
    types: results.map(({ type }) => type),
    names: results.map(({ name }) => name),
    attrs: { pair },
    origin: [...new Set([...primary.origin, ...cheap.origin])],
    before: primary,
  });
  results.forEach((value, i) => {
    const to = node.outputs[i];
    if (to) graph.replaceAllUses(value, to);
  });
  graph.remove(cheap);
  graph.remove(primary);
}

/** Multiply-accumulates of a node, fused or not. */
export function macsOf(node: Node, pair: GhostPair | undefined): number {
  return pair ? nodeMacs(pair.primary) + nodeMacs(pair.cheap) : nodeMacs(node);
}
