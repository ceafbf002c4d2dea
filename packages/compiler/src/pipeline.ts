import { type FusingOptions, fusesGhost } from '@ghostc/backend-wgsl';
import type { Graph } from '@ghostc/ir';
import { verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import {
  type ApplyOptions,
  type FusesGhostRows,
  lower,
  lowerForGpu,
  lowerForMcu,
  lowerForTflite,
  lowerToLayers,
  optimizationPasses,
  runPasses,
  widenHalf,
} from '@ghostc/passes';
import { finish, inSteps, type StepOptions, type Steps } from './steps.ts';

/** What the pipeline reports while it runs. */
export interface PipelineOptions {
  /** Called after each pass with the current graph. */
  readonly onPass?: ((name: string, graph: Graph) => void) | undefined;
  /** Called when a rule of the optimiser fires at a node. */
  readonly onFire?: ApplyOptions['onFire'] | undefined;
  /** Called with the reason when a rule declines at a node of its root op. */
  readonly onDecline?: ApplyOptions['onDecline'] | undefined;
}

/**
 * The path of a model, in order. The verifier runs after every stage.
 *
 *   read          bytes -> graph            @ghostc/onnx, @ghostc/ghostnet, or the text form
 *   optimize      `optimizationPasses`      passes/passes
 *   lower         composite ops -> kernels  for WGSL and C; ONNX is written from the optimised graph; C
 *   computes float16 in float32
 *   plan          schedule, arena offsets   `planWgsl`, `planC`, with @ghostc/planner; ONNX needs none
 *   emit          plan -> artefact          `emitWgsl`, `emitC`, and `emitOnnx` from the graph
 */
export function optimize(model: Graph, options: PipelineOptions = {}): Graph {
  return finish(optimizeSteps(model, options));
}

/** The same in the background of a page or server: can be aborted and reports progress. */
export function optimizeInSteps(model: Graph, options: PipelineOptions & StepOptions = {}): Promise<Graph> {
  return inSteps(optimizeSteps(model, options), options);
}

/** One step per pass. */
export function* optimizeSteps(model: Graph, { onPass, onFire, onDecline }: PipelineOptions): Steps<Graph> {
  const graph = model.clone();
  verify(graph, registry);
  const tell = { ...(onFire && { onFire }), ...(onDecline && { onDecline }) };
  for (const [i, pass] of optimizationPasses.entries()) {
    runPasses(graph, [pass], { verifyEach: true, ...tell });
    onPass?.(pass.name, graph);
    yield { stage: 'optimize', step: pass.name, done: (i + 1) / optimizationPasses.length };
  }
  return graph;
}

/** The same for WGSL: fused Ghost modules with their gates and shortcut sums remain single ops. */
export function lowerForGpuKernels(
  optimized: Graph,
  { onPass, ...fusing }: PipelineOptions & FusingOptions = {},
): Graph {
  const graph = lowerForGpu(optimized.clone(), (ghost) => fusesGhost(ghost, fusing));
  verify(graph, registry);
  onPass?.('lower', graph);
  return graph;
}

/**
 * Lowers composite ops of an optimised graph to layers, and 16-bit floats to float32: the input of the
 * quantiser.
 */
export function lowerForQuantizer(optimized: Graph): Graph {
  const graph = widenHalf(lowerToLayers(optimized.clone()), 'float');
  verify(graph, registry);
  return graph;
}

/** The same for TFLite: its operators on NHWC images. 16-bit floats are computed in float32. */
export function lowerForOperators(optimized: Graph, { onPass }: PipelineOptions = {}): Graph {
  const graph = widenHalf(lowerForTflite(optimized.clone()), 'cast');
  verify(graph, registry);
  onPass?.('lower', graph);
  return graph;
}

/** What lowering for kernels queries from the backend. */
export interface KernelOptions extends PipelineOptions {
  /** Which integer Ghost modules become one kernel; none if absent. */
  readonly fuses?: FusesGhostRows | undefined;
}

/**
 * Lowers composite ops of an optimised graph to ops that the code-generating backends have kernels for;
 * 16-bit floats are computed in float32.
 */
export function lowerForKernels(optimized: Graph, { onPass, fuses }: KernelOptions = {}): Graph {
  const copy = optimized.clone();
  const graph = widenHalf(fuses ? lowerForMcu(copy, fuses) : lower(copy), 'cast');
  verify(graph, registry);
  onPass?.('lower', graph);
  return graph;
}
