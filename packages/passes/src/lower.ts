import { CompileError, type Graph, type Node } from '@ghostc/ir';
import { opsWith } from '@ghostc/ops';
import { type FusesGhostRows, fuseGhostRows } from './fuse-ghost-rows.ts';
import { gpuLoweringPasses, layerPasses, loweringPasses, tfliteLoweringPasses } from './optimize.ts';
import { type Pass, runPasses } from './pass.ts';
import type { FusesGhost } from './rules/fuse-for-gpu.ts';

const known = new Set<string>([
  ...opsWith('unary', 'binary', 'kernel'),
  ...opsWith('quantized'),
  ...opsWith('general'),
]);

/**
 * Turns composite ops into kernels, in place. Throws `lower/unsupported` for an op that has no kernel; which element types an
 * op's kernel takes is the backend's to say.
 */
export function lower(graph: Graph): Graph {
  return lowered(graph, loweringPasses, known);
}

/** Like `lower`, for a microcontroller: Ghost modules on integers in one kernel where the backend wants it. Also leaves those of `mcu`. */
export function lowerForMcu(graph: Graph, fuses: FusesGhostRows): Graph {
  const passes = [...loweringPasses, fuseGhostRows(fuses)];
  return lowered(graph, passes, new Set([...known, ...opsWith('mcu')]));
}

/**
 * Turns composite ops into layers, in place: what a quantiser works on. Other than after `lower`, lines stay lines, so that
 * ONNX can be written from the graph.
 */
export function lowerToLayers(graph: Graph): Graph {
  return lowered(graph, layerPasses, known);
}

/** Like `lower`, for TFLite: layers as its operators have them, images NHWC. Which ops have an operator is the backend's to say. */
export function lowerForTflite(graph: Graph): Graph {
  runPasses(graph, tfliteLoweringPasses);
  return graph;
}

/** Like `lower`, for a GPU: fewer, larger kernels, Ghost modules in one where the backend wants it. Also leaves those of `gpu`. */
export function lowerForGpu(graph: Graph, fuses: FusesGhost): Graph {
  return lowered(graph, gpuLoweringPasses(fuses), new Set([...known, ...opsWith('gpu')]));
}

function lowered(graph: Graph, passes: readonly Pass[], ops: ReadonlySet<string>): Graph {
  runPasses(graph, passes);
  for (const node of graph.nodes()) checkNode(node, ops);
  return graph;
}

function checkNode(node: Node, ops: ReadonlySet<string>): void {
  const location = { node: node.origin[0] ?? node.output.name, op: node.op };
  if (!ops.has(node.op)) throw new CompileError('lower/unsupported', `${node.op} has no kernel`, location);
}
