import type { Arithmetic } from '@ghostc/interpreter';
import type { Graph, Tensor } from '@ghostc/ir';

/** Tensors by the name of an input or output. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** A model made ready by a runtime. */
export interface Executable {
  /** Inputs by name to outputs by name; float32 in, float32 out. */
  run(inputs: Tensors): Promise<Tensors>;
  /** Many inputs at once, where that is cheaper (one boot of an emulator); the same order comes back. */
  runAll?(inputs: readonly Tensors[]): Promise<readonly Tensors[]>;
  dispose?(): void | Promise<void>;
}

/** The same model in other forms, for engines that do not know ghostc's graphs. */
export interface ModelSource {
  /** As an ONNX file; where the model was one, its own bytes. */
  onnx(): Uint8Array;
}

/**
 * Something that executes models: the interpreter, a backend with what runs its output, or a third party's engine.
 * `prepare` gets a graph with fixed shapes, unless `dynamicShapes` is set.
 */
export interface Runtime {
  /** As users name it: `onnx`, `wgsl`, `c`, `c@cortex-m4`. */
  readonly name: string;
  readonly dynamicShapes?: boolean;
  /** What it computes float32 in. Default `f32`. */
  readonly arithmetic?: Arithmetic;
  prepare(model: Graph, source?: ModelSource): Promise<Executable>;
}
