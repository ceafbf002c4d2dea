export {
  ArenaLimitError,
  type ArenaMiss,
  type CProgram,
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
  type CompileWasmOptions,
  type CompileWgslOptions,
  compileC,
  compileFiles,
  compileOnnx,
  compileWasm,
  compileWgsl,
  type Device,
  devices,
  type OutputFiles,
  type Target,
  targets,
} from './compile.ts';
export { describeGraph, type GraphDescription } from './describe-graph.ts';
export { integerForm, isQuantized } from './integer-form.ts';
export {
  lowerForGpuKernels,
  lowerForKernels,
  lowerForQuantizer,
  optimize,
  type PipelineOptions,
} from './pipeline.ts';
export { readModel } from './read-model.ts';
export { safeName } from './safe-name.ts';
export { sourceHash } from './source-hash.ts';
export type { BuildWasm } from './wasm-program.ts';
export { wgslPackage } from './web-packages.ts';
export { wgslFiles } from './wgsl-files.ts';
