export {
  ArenaLimitError,
  type ArenaMiss,
  type CBuffer,
  type CLayer,
  type CProgram,
  type Device,
  devices,
  type IoForm,
  ioForms,
  type KernelChoice,
  kernelChoices,
  type Layout,
  layouts,
  packageFiles,
  type WeightForm,
  weightForms,
} from '@ghostc/backend-c';
export {
  type CompileCOptions,
  type CompileFilesOptions,
  type CompileOptions,
  type CompileTfliteOptions,
  type CompileWasmOptions,
  type CompileWgslOptions,
  compileC,
  compileCInSteps,
  compileFiles,
  compileFilesInSteps,
  compileOnnx,
  compileTflite,
  compileWasm,
  compileWgsl,
  compileWgslInSteps,
  lowerForC,
  type OutputFiles,
  type Target,
  targets,
} from './compile.ts';
export { type BoundModel, compileShapes } from './compile-shapes.ts';
export { describeGraph, type GraphDescription } from './describe-graph.ts';
export {
  type EdgeData,
  type EdgeEnd,
  type GraphData,
  graphData,
  type NodeData,
  type ValueData,
} from './graph-data.ts';
export { integerForm, isQuantized } from './integer-form.ts';
export {
  lowerForGpuKernels,
  lowerForKernels,
  lowerForQuantizer,
  optimize,
  optimizeInSteps,
  type PipelineOptions,
} from './pipeline.ts';
export { readModel } from './read-model.ts';
export { safeName } from './safe-name.ts';
export { sourceHash } from './source-hash.ts';
export type { Progress, StepOptions } from './steps.ts';
export type { BuildWasm, BuiltWasm } from './wasm-program.ts';
export { wgslPackage } from './web-packages.ts';
export { wgslFiles } from './wgsl-files.ts';
