import {
  type CProgram,
  type Device,
  type EmitCOptions,
  emitC,
  ghostFuser,
  type IoForm,
  type KernelChoice,
  type Layout,
  type PlanCOptions,
  packageFiles,
  planC,
  type WeightForm,
  withPool,
} from '@ghostc/backend-c';
import { emitOnnx } from '@ghostc/backend-onnx';
import { emitTflite } from '@ghostc/backend-tflite';
import { emitWgsl, planWgsl, type TunableLayer, type Tuning } from '@ghostc/backend-wgsl';
import { CompileError, type Graph, isStatic } from '@ghostc/ir';
import { bindDimensions, fusedGhostModule, ghostRows } from '@ghostc/ops';
import { channelsLastBoundary, runPasses, splitForThreads, splitWide } from '@ghostc/passes';
import type { WgslProgram } from '@ghostc/wgsl-runtime';
import { withLayouts } from './image-layout.ts';
import {
  lowerForGpuKernels,
  lowerForKernels,
  lowerForOperators,
  optimizeSteps,
  type PipelineOptions,
} from './pipeline.ts';
import { safeName } from './safe-name.ts';
import { addSelfTest } from './self-test.ts';
import { sourceHash } from './source-hash.ts';
import { finish, inSteps, type StepOptions, type Steps } from './steps.ts';
import { type BuildWasm, type BuiltWasm, pageBoundary, wasmProgram } from './wasm-program.ts';
import { type PageOptions, wasmPackage, webPackage, wgslPackage } from './web-packages.ts';
import { wgslFiles } from './wgsl-files.ts';

/** What a model can be compiled to. */
export const targets = ['onnx', 'tflite', 'wgsl', 'wasm', 'web', 'c'] as const;
/** What is emitted, one of `targets`. */
export type Target = (typeof targets)[number];

/** Options of every target. */
export interface CompileOptions extends PipelineOptions {
  /** Prefix of files and C identifiers; the graph's name if absent. */
  readonly name?: string | undefined;
  /** Sizes of symbolic dimensions. WGSL and C need all of them. */
  readonly bind?: ReadonlyMap<string, number> | undefined;
}

/** Options of `compileWgsl`. */
export interface CompileWgslOptions extends CompileOptions {
  /**
   * How weight matrices are stored: f16 halves matrices in the file, and in memory if the device has
   * shader-f16. Sums are f32.
   */
  readonly matrices?: 'f32' | 'f16' | undefined;
  /** Kernel shapes measured by `ghostc tune`. */
  readonly tuning?: Tuning | undefined;
  /**
   * Every Ghost module in one kernel, even if planes are large: fewer dispatches, but halos of tiles are
   * computed twice.
   */
  readonly fuseGhost?: boolean | undefined;
  /** Called with the layers whose shape can be chosen. */
  readonly onTunable?: ((layers: readonly TunableLayer[]) => void) | undefined;
}

/** Options of `compileC`. */
export interface CompileCOptions extends CompileOptions {
  readonly device?: Device | undefined;
  /**
   * How weights are written: hex words in C, a binary file with `.incbin`, or a file that the caller loads.
   * Chosen by size if absent.
   */
  readonly weights?: WeightForm | undefined;
  /**
   * Maximum size in bytes of the buffer of fetched weights; layers that exceed it are split. With `weights:
   * 'fetch'`.
   */
  readonly fetchRam?: number | undefined;
  /** Refuse compilers that may generate unaligned word accesses. */
  readonly noUnaligned?: boolean | undefined;
  /** Also emit `<name>_run_observed`, which calls a function of the caller before each layer. */
  readonly observer?: boolean | undefined;
  /** Linker section of the weights. */
  readonly weightSection?: string | undefined;
  /** How the files are laid out for a build system. Default: in one folder. */
  readonly layout?: Layout | undefined;
  /** Maximum size in bytes of the arena; layers that exceed it are computed in bands of rows. */
  readonly maxRam?: number | undefined;
  /**
   * `arena`: inputs and outputs are in the arena, where a dead input's memory is reused. Default: the
   * caller's buffers.
   */
  readonly io?: IoForm | undefined;
  /**
   * `portable`: integer kernels in plain C; `cmsis-nn`: calls CMSIS-NN for layers that it supports. Default:
   * the device's own.
   */
  readonly kernels?: KernelChoice | undefined;
  /** int8 Ghost modules in one kernel, row by row, on Cortex-M4 and M7: as fast as two kernels, with more scratch. */
  readonly fuseGhost?: boolean | undefined;
  /** Threads that may compute at the same time: `<name>_run_on` runs on threads of the caller. Default: one. */
  readonly threads?: number | undefined;
  /** Adds `<name>_pool.c`: threads of POSIX or C11 for `<name>_run_on`. With `threads`. */
  readonly pool?: boolean | undefined;
  /** Adds `<name>_selftest.c`, which runs the network on a seeded input and compares its outputs. */
  readonly selfTest?: boolean | undefined;
}

/** An optimised ONNX model. Symbolic dimensions stay. */
export function compileOnnx(model: Graph, options: CompileOptions = {}): Uint8Array {
  return finish(onnxSteps(model, options));
}

function* onnxSteps(model: Graph, options: CompileOptions): Steps<Uint8Array> {
  const name = nameOf(model, options);
  const hash = sourceHash(model, { target: 'onnx', name, bind: options.bind });
  const optimized = yield* optimizeSteps(bind(model, options), options);
  return emitOnnx(optimized, { name, sourceHash: hash });
}

/** Options of `compileTflite`. */
export interface CompileTfliteOptions extends CompileOptions {
  /**
   * Inputs and outputs with four axes are NHWC, as TFLite programs expect for images; the model's own order
   * if absent.
   */
  readonly channelsLast?: boolean | undefined;
}

/** A TFLite model. Throws `compile/symbolic`, and `tflite/write` for an op that no TFLite operator computes. */
export function compileTflite(model: Graph, options: CompileTfliteOptions = {}): Uint8Array {
  return finish(tfliteSteps(model, options));
}

function* tfliteSteps(model: Graph, options: CompileTfliteOptions): Steps<Uint8Array> {
  const { bind: sizes, channelsLast } = options;
  const name = nameOf(model, options);
  const hash = sourceHash(model, { target: 'tflite', name, bind: sizes, channelsLast });
  const graph = bindAll(model, options);
  const optimized = yield* optimizeSteps(channelsLast ? channelsLastBoundary(graph) : graph, options);
  const lowered = lowerForOperators(optimized, options);
  yield { stage: 'emit', step: 'lower', done: 0 };
  return emitTflite(lowered, { name, sourceHash: hash });
}

/** A WGSL program: manifest and weights. Throws `compile/symbolic` when a dimension has no size. */
export function compileWgsl(model: Graph, options: CompileWgslOptions = {}): WgslProgram<Uint8Array> {
  return finish(wgslSteps(model, options));
}

/** The same in steps: can be aborted and reports progress. */
export function compileWgslInSteps(
  model: Graph,
  options: CompileWgslOptions & StepOptions = {},
): Promise<WgslProgram<Uint8Array>> {
  return inSteps(wgslSteps(model, options), options);
}

function* wgslSteps(model: Graph, options: CompileWgslOptions): Steps<WgslProgram<Uint8Array>> {
  const { matrices, tuning, fuseGhost, onTunable } = options;
  const settings = { name: nameOf(model, options), matrices, tuning };
  const hash = sourceHash(model, { target: 'wgsl', ...settings, bind: options.bind, fuseGhost });
  const graph = bindAll(model, options);
  const optimized = yield* optimizeSteps(graph, options);
  const lowered = lowerForGpuKernels(optimized, options);
  if (fuseGhost) expectFused(lowered, 'wgsl');
  yield { stage: 'plan', step: 'lower', done: 0 };
  const plan = planWgsl(lowered);
  yield { stage: 'emit', step: 'plan', done: 0 };
  const program = emitWgsl(plan, { ...settings, sourceHash: hash, onTunable });
  return { ...program, manifest: withLayouts(program.manifest, graph) };
}

const fusedOps = {
  wgsl: {
    op: fusedGhostModule.name,
    expected: 'float with a 1x1 primary convolution and a cheap operation of odd size and stride 1',
  },
  c: {
    op: ghostRows.name,
    expected: 'int8 with a 1x1 primary convolution and a cheap operation of stride 1, at most 64 wide',
  },
};

function expectFused(lowered: Graph, target: keyof typeof fusedOps): void {
  const { op, expected } = fusedOps[target];
  if ([...lowered.nodes()].some((node) => node.op === op)) return;
  const code = target === 'c' ? 'backend-c/fuse-ghost' : 'wgsl/fuse-ghost';
  throw new CompileError(code, `no Ghost module to fuse; expected ${expected}`);
}

/** A C library: files by name, with arena and weight sizes in bytes. Throws `compile/symbolic`. */
export function compileC(model: Graph, options: CompileCOptions = {}): CProgram {
  return finish(cSteps(model, options));
}

/** The same in steps: can be aborted and reports progress. */
export function compileCInSteps(
  model: Graph,
  options: CompileCOptions & StepOptions = {},
): Promise<CProgram> {
  return inSteps(cSteps(model, options), options);
}

/** The graph of a C program: one node per layer, with the names in `CLayer.output`. Throws `compile/symbolic`. */
export function lowerForC(model: Graph, options: CompileCOptions = {}): Graph {
  return finish(loweredForC(model, options));
}

function* loweredForC(model: Graph, options: CompileCOptions): Steps<Graph> {
  const optimized = yield* optimizeSteps(bindAll(model, options), options);
  const fuses = options.fuseGhost ? ghostFuser(settingsOf(model, options), optimized) : undefined;
  const lowered = lowerForKernels(optimized, { ...options, fuses });
  if (fuses) expectFused(lowered, 'c');
  if (options.threads !== undefined && options.threads > 1)
    runPasses(lowered, [splitForThreads(options.threads)]);
  // two steps share the buffer
  if (options.fetchRam !== undefined) runPasses(lowered, [splitWide(options.fetchRam / 2)]);
  return lowered;
}

function* cSteps(model: Graph, options: CompileCOptions): Steps<CProgram> {
  const { bind: sizes, selfTest, fuseGhost, fetchRam, pool } = options;
  const settings = settingsOf(model, options);
  if (fetchRam !== undefined && settings.weights !== 'fetch')
    throw new CompileError('backend-c/fetch-ram', 'fetchRam goes with weights fetch (--weights fetch)');
  const hash = sourceHash(model, {
    target: 'c',
    ...settings,
    bind: sizes,
    selfTest,
    fuseGhost,
    fetchRam,
    pool,
  });
  const lowered = yield* loweredForC(model, options);
  yield { stage: 'plan', step: 'lower', done: 0 };
  const plan = planC(lowered, settings);
  yield { stage: 'emit', step: 'plan', done: 0 };
  const emitted = emitC(plan, { ...settings, sourceHash: hash });
  const program = pool ? withPool(emitted) : emitted;
  if (fetchRam !== undefined && program.fetchBytes > fetchRam)
    throw new CompileError(
      'backend-c/fetch-ram',
      `the weights of two layers that follow one another take ${program.fetchBytes} bytes, ${program.fetchBytes - fetchRam} more than the ${fetchRam} of --fetch-ram`,
    );
  return selfTest ? addSelfTest(program, lowered) : program;
}

/** The options of the C backend. */
function settingsOf(model: Graph, options: CompileCOptions): EmitCOptions & PlanCOptions {
  const { device, weights, weightSection, kernels, maxRam, io, noUnaligned, observer, threads } = options;
  const name = nameOf(model, options);
  return { name, device, weights, weightSection, kernels, maxRam, io, noUnaligned, observer, threads };
}

/** Options of `compileWasm`. */
export interface CompileWasmOptions extends CompileOptions {
  /** Builds a module from the C; required for WebAssembly. */
  readonly buildWasm?: BuildWasm | undefined;
}

/**
 * A WebAssembly program: manifest, module and weights, from the C for wasm32. Throws as `compileC`,
 * `wasm/build`, `wasm/dtype`.
 */
export function compileWasm(model: Graph, options: CompileWasmOptions): BuiltWasm {
  return finish(wasmSteps(model, options));
}

function* wasmSteps(model: Graph, { buildWasm, ...options }: CompileWasmOptions): Steps<BuiltWasm> {
  if (!buildWasm)
    throw new CompileError('wasm/build', 'WebAssembly is made of C by a compiler; expected buildWasm');
  const { bind: sizes, onPass } = options;
  const name = nameOf(model, options);
  const hash = sourceHash(model, { target: 'wasm', name, bind: sizes });
  const graph = pageBoundary(bindAll(model, options));
  const program = yield* cSteps(graph, { name, onPass, device: 'wasm32', weights: 'external' });
  const built = wasmProgram(program, { build: buildWasm, sourceHash: hash });
  return { ...built, manifest: withLayouts(built.manifest, graph) };
}

/** Contents by file name, text or bytes. */
export type OutputFiles = ReadonlyMap<string, string | Uint8Array>;

/** Options of `compileFiles`. */
export interface CompileFilesOptions
  extends CompileCOptions,
    CompileTfliteOptions,
    CompileWgslOptions,
    CompileWasmOptions {
  /**
   * Source of the target's runtime as one ES module, which makes a program a package for pages; optional for
   * WGSL.
   */
  readonly runtime?: string | undefined;
  /** Names of the classes, exported by a package for pages. */
  readonly labels?: readonly string[] | undefined;
}

/** Compiles to the files that `ghostc compile` writes, by name. */
export function compileFiles(model: Graph, target: Target, options: CompileFilesOptions = {}): OutputFiles {
  return finish(writers[target](model, options));
}

/** The same in steps: can be aborted and reports progress. */
export function compileFilesInSteps(
  model: Graph,
  target: Target,
  options: CompileFilesOptions & StepOptions = {},
): Promise<OutputFiles> {
  return inSteps(writers[target](model, options), options);
}

type Writer = (model: Graph, options: CompileFilesOptions) => Steps<OutputFiles>;

const writers: Readonly<Record<Target, Writer>> = {
  *onnx(model, options) {
    return new Map([[`${nameOf(model, options)}.onnx`, yield* onnxSteps(model, options)]]);
  },
  *tflite(model, options) {
    return new Map([[`${nameOf(model, options)}.tflite`, yield* tfliteSteps(model, options)]]);
  },
  *wgsl(model, options) {
    const program = yield* wgslSteps(model, options);
    const extra = options.runtime ? wgslPackage(program.manifest, pageOptions(options)) : [];
    return new Map([...wgslFiles(program), ...extra]);
  },
  *wasm(model, options) {
    return wasmPackage(yield* wasmSteps(model, options), pageOptions(options));
  },
  *web(model, options) {
    const program = yield* wgslSteps(model, options);
    const files = webPackage(program.manifest, yield* wasmSteps(model, options), pageOptions(options));
    return new Map([[`${program.manifest.name}.weights.bin`, program.weights], ...files]);
  },
  *c(model, options) {
    return packageFiles(yield* cSteps(model, options), options.layout ?? 'plain');
  },
};

function pageOptions({ runtime, labels }: CompileFilesOptions): PageOptions {
  if (runtime !== undefined) return { runtime, labels };
  throw new CompileError('wasm/build', 'a package for pages has a runtime; expected its source as runtime');
}

/** The model with the sizes from the options. */
function bind(model: Graph, { bind: sizes }: CompileOptions): Graph {
  return sizes?.size ? bindDimensions(model, sizes) : model;
}

/** The same for targets that are static programs: throws `compile/symbolic` if a dimension still has no size. */
function bindAll(model: Graph, options: CompileOptions): Graph {
  const graph = bind(model, options);
  const open = graph.inputs.find((input) => !input.type.shape.every(isStatic));
  if (!open) return graph;
  throw new CompileError(
    'compile/symbolic',
    `input ${open.name} has the shape [${open.type.shape.join(',')}]; expected a size for every dimension (--bind NAME=SIZE)`,
  );
}

function nameOf(model: Graph, { name }: CompileOptions): string {
  return safeName(name ?? model.name);
}
