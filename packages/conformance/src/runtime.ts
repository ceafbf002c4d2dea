import type { Arithmetic } from '@ghostc/interpreter';
import type { Graph, Tensor } from '@ghostc/ir';

/** Tensors by the name of an input or output. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** A model prepared by a runtime. */
export interface Executable {
  /** Inputs by name to outputs by name; float32 in, float32 out. */
  run(inputs: Tensors): Promise<Tensors>;
  /** Many inputs at once, if that is cheaper (one boot of an emulator); results are in the same order. */
  runAll?(inputs: readonly Tensors[]): Promise<readonly Tensors[]>;
  dispose?(): void | Promise<void>;
}

/** The same model in other forms, for engines that cannot read ghostc's graphs. */
export interface ModelSource {
  /** As an ONNX file; its own bytes if the model was one. */
  onnx(): Uint8Array;
}

/**
 * Something that executes models: the interpreter, a backend with whatever runs its output, or a third
 * party's engine.
 * `prepare` receives a graph with fixed shapes, unless `dynamicShapes` is set.
 */
export interface Runtime {
  /** As users name it: `onnx`, `wgsl`, `c`, `c@cortex-m4`. */
  readonly name: string;
  readonly dynamicShapes?: boolean;
  /** The arithmetic it uses for float32. Default `f32`. */
  readonly arithmetic?: Arithmetic;
  prepare(model: Graph, source?: ModelSource): Promise<Executable>;
}
