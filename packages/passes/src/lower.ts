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
 * Lowers composite ops to kernels, in place. Throws `lower/unsupported` for an op that has no kernel; the
 * backend decides which element types a kernel supports.
 */
export function lower(graph: Graph): Graph {
  return lowered(graph, loweringPasses, known);
}

/**
 * Like `lower`, for a microcontroller: integer Ghost modules become one kernel if the backend asks for it.
 * Keeps the ops marked `mcu`.
 */
export function lowerForMcu(graph: Graph, fuses: FusesGhostRows): Graph {
  const passes = [...loweringPasses, fuseGhostRows(fuses)];
  return lowered(graph, passes, new Set([...known, ...opsWith('mcu')]));
}

/**
 * Lowers composite ops to layers, in place: the form that a quantiser needs. Unlike after `lower`, lines stay
 * lines, so that ONNX can be written from the graph.
 */
export function lowerToLayers(graph: Graph): Graph {
  return lowered(graph, layerPasses, known);
}

/**
 * Like `lower`, for TFLite: layers match its operators, images are NHWC. The backend decides which ops have
 * an operator.
 */
export function lowerForTflite(graph: Graph): Graph {
  runPasses(graph, tfliteLoweringPasses);
  return graph;
}

/**
 * Like `lower`, for a GPU: fewer, larger kernels, and Ghost modules in one kernel if the backend asks for it.
 * Keeps the ops marked `gpu`.
 */
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
