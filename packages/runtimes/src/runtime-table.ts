import { readFileSync } from 'node:fs';
import { compileC, compileOnnx, compileWgsl } from '@ghostc/compiler';
import { type Executable, interpreterRuntime, type Runtime, type Tensors } from '@ghostc/conformance';
import { CompileError, type Graph, itemAt } from '@ghostc/ir';
import { onnxOps } from '@ghostc/onnx';
import { cRuntimeName, type ProgramDevice, programDevices } from './c/c-device.ts';
import { prepareC } from './c/prepare-c.ts';
import { litertRuntime } from './litert/litert-runtime.ts';
import { throughBoundary, withBoundaryCasts } from './ort/boundary-casts.ts';
import { ortRuntime } from './ort/ort-runtime.ts';
import { ortSession } from './ort/ort-session.ts';
import { typedOutputs } from './process/carried-io.ts';
import { wasmRuntime } from './wasm/wasm-runtime.ts';
import { engines } from './wgsl/engines.ts';
import { prepareRemote } from './wgsl/prepare-remote.ts';
import { prepareOnDevice, prepareWgsl } from './wgsl/run-wgsl.ts';

/** Our ONNX, in ONNX Runtime. */
const onnxRuntime: Runtime = {
  name: 'onnx',
  dynamicShapes: true,
  prepare: async (model) => throughBoundary(await ortSession(compileOnnx(withBoundaryCasts(model))), model),
};

/** Our WGSL, on Dawn, as its adapter likes it and as a GPU does; in headless Chromium and in Deno: `stopEngines` ends them. */
const wgslRuntimes: readonly Runtime[] = [
  wgslRuntime('wgsl', prepareWgsl),
  wgslRuntime('wgsl@gpu', (program) => prepareWgsl(program, { adapter: 'gpu' })),
  ...engines.map((name) => wgslRuntime(`wgsl@${name}`, (program) => prepareRemote(name, program))),
];

function wgslRuntime(name: string, prepare: (program: GpuProgram) => Promise<Executable>): Runtime {
  return {
    name,
    prepare: async (model) => {
      const engine = await prepare(compileWgsl(model));
      return { ...engine, run: async (inputs) => typedOutputs(model, await engine.run(inputs)) };
    },
  };
}

/** Our WGSL on one device for many small models; `device.destroy()` ends it. */
export function wgslRuntimeOn(device: GPUDevice): Runtime {
  return wgslRuntime('wgsl', (program) => prepareOnDevice(program, device));
}

/** Our C: compiled for a device, and run there; `extraFlags` are the compiler's. */
export function cRuntime(device: ProgramDevice, extraFlags: readonly string[] = []): Runtime {
  return {
    name: cRuntimeName(device),
    prepare: (model) => prepareCModel(model, device, extraFlags),
  };
}

async function prepareCModel(
  model: Graph,
  device: ProgramDevice,
  extraFlags: readonly string[],
): Promise<Executable> {
  const { run, dispose } = await prepareC(compileC(model, { device }), device, { extraFlags });
  const runAll = async (inputs: readonly Tensors[]): Promise<Tensors[]> =>
    (await run(inputs)).map(({ outputs }) => outputs);
  return { runAll, run: async (inputs) => itemAt(await runAll([inputs]), 0), dispose };
}

/** Ops that sum integers directly, instead of floats between DequantizeLinear and QuantizeLinear. */
const integerSums = [
  ...['QLinearConv', 'QLinearMatMul', 'QGemm', 'ConvInteger', 'MatMulInteger'],
  ...['DynamicQuantizeMatMul', 'MatMulIntegerToFloat'],
];

/**
 * The original model in ONNX Runtime: bytes, or a path so that external data is found. On x86-64 without VNNI
 * its sums of u8 x i8 saturate in pairs at int16; from `extended` on, its optimiser makes the weights u8
 * (`x64quantprecision`). For i8 activations it has no kernel for the result; then the model runs unoptimised.
 * `given` are inputs with fixed values.
 */
export function originalRuntime(model: Uint8Array | string, given: Tensors = new Map()): Runtime {
  const session = async (): Promise<Executable> => {
    const ops = onnxOps(typeof model === 'string' ? readFileSync(model) : model);
    const asItStands = () => ortSession(model);
    if (!integerSums.some((op) => ops.has(op))) return asItStands();
    return ortSession(model, { optimizations: 'extended' }).catch((error: Error) => {
      if (error.message.includes('Failed to find kernel')) return asItStands();
      throw error;
    });
  };
  const prepare = async (): Promise<Executable> => {
    const { run, ...engine } = await session();
    return { ...engine, run: (inputs) => run(new Map([...given, ...inputs])) };
  };
  return { name: 'original', dynamicShapes: true, prepare };
}

/** Names of what ONNX Runtime runs: the one engine that rounds quantised layers in another way. */
export const inOrt: ReadonlySet<string> = new Set(['original', onnxRuntime.name, ortRuntime.name]);

type GpuProgram = ReturnType<typeof compileWgsl>;

const runtimes: readonly Runtime[] = [
  interpreterRuntime,
  onnxRuntime,
  litertRuntime,
  ...wgslRuntimes,
  ...programDevices.map((device) => cRuntime(device)),
  wasmRuntime,
];

/** Names that `createRuntime` knows. */
export const runtimeNames: readonly string[] = runtimes.map((runtime) => runtime.name);

/** A runtime by its name: `interpreter`, `onnx`, `wgsl`, `c`, `c@cortex-m4`, ... Throws `run/target`. */
export function createRuntime(name: string): Runtime {
  const runtime = runtimes.find((candidate) => candidate.name === (name === 'c@host' ? 'c' : name));
  if (runtime) return runtime;
  throw new CompileError('run/target', `there is no target ${name}; there are ${runtimeNames.join(', ')}`);
}
