import type { Attrs, Graph, Node } from '@ghostc/ir';
import { attrsOf, type GhostLayerNodes, ghostRows, qlinearConv2d, qlinearDepthwiseConv2d } from '@ghostc/ops';
import type { Pass } from './pass.ts';

/** Which integer Ghost modules a backend fuses into one kernel, of those that the op can express. */
export type FusesGhostRows = (layers: GhostLayerNodes) => boolean;

// qlinear_depthwise_conv2d(p = qlinear_conv2d(x)), p used elsewhere =>   p, q = ghost_rows(x)
export function fuseGhostRows(fuses: FusesGhostRows): Pass {
  return {
    name: 'fuse-ghost-rows',
    run(graph) {
      for (const primary of [...graph.nodes()]) {
        const cheap = cheapOf(primary);
        const attrs = cheap && attrsOfBoth({ primary, cheap });
        if (attrs && fuses({ primary, cheap })) replace(graph, { primary, cheap }, attrs);
      }
    },
  };
}

/** The cheap operation on the output of a convolution, if something else (the concat) reads that output too. */
function cheapOf({ op, outputs: [output] }: Node): Node | undefined {
  if (op !== qlinearConv2d.name || !output || output.users.size < 2) return undefined;
  return [...output.users].find(
    (user) => user.op === qlinearDepthwiseConv2d.name && user.inputs[0] === output,
  );
}

/** The attributes of the op that replaces both; null if it cannot. */
function attrsOfBoth({ primary, cheap }: GhostLayerNodes): Attrs | null {
  const { clamp: primary_clamp, ...p } = attrsOf(qlinearConv2d, primary);
  const {
    clamp: cheap_clamp,
    strides,
    pads,
    dilations,
    multiplier,
    ...q
  } = attrsOf(qlinearDepthwiseConv2d, cheap);
  const window = [...(primary.inputs[1]?.type.shape.slice(2) ?? []), ...p.strides, p.group, ...strides];
  const sameQuant =
    p.y_scale === q.y_scale &&
    p.y_zero_point === q.y_zero_point &&
    p.y_dtype === q.y_dtype &&
    p.rounding === q.rounding;
  if (!sameQuant || window.some((size) => size !== 1) || p.pads.some((pad) => pad !== 0)) return null;
  return { ...q, primary_clamp, pads, dilations, multiplier, cheap_clamp };
}

function replace(graph: Graph, { primary, cheap }: GhostLayerNodes, attrs: Attrs): void {
  const [x = null, weight = null, bias = null] = primary.inputs;
  const [, cheapWeight = null, cheapBias = null] = cheap.inputs;
  const results = [primary.output, cheap.output];
  const node = graph.add({
    op: ghostRows.name,
    inputs: [x, weight, bias, cheapWeight, cheapBias],
    types: results.map(({ type }) => type),
    names: results.map(({ name }) => name),
    attrs,
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
