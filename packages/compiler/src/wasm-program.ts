import type { CProgram, CTensor } from '@ghostc/backend-c';
import { ioTensor } from '@ghostc/backend-wgsl';
import { byteSize, CompileError, crc32, type DType, type Graph, type TensorType } from '@ghostc/ir';
import { castBoundary } from '@ghostc/passes';
import type { IoTensor, WasmProgram } from '@ghostc/wgsl-runtime';

/**
 * Builds a WebAssembly module from C for wasm32: `wasmModule` of @ghostc/runtimes, which calls Clang, or the
 * caller's own.
 */
export type BuildWasm = (program: CProgram) => Uint8Array<ArrayBuffer>;

/** Element types of quantised inputs and outputs that pages pass unchanged. */
const kept = new Set<DType>(['i8', 'u8', 'i16', 'u16', 'i32']);
/** Types that float32 cannot represent fully. */
const wide = new Set<DType>(['f64', 'u64']);

/**
 * The model with the inputs and outputs of WGSL programs: quantised integers, and float32. Throws
 * `wasm/dtype`.
 */
export function pageBoundary(model: Graph): Graph {
  return castBoundary(model, carrier);
}

function carrier({ dtype, quant }: TensorType): DType {
  if (quant && kept.has(dtype)) return dtype;
  if (!quant && !wide.has(dtype)) return 'f32';
  throw new CompileError(
    'wasm/dtype',
    `inputs and outputs of a page are float32 or quantised integers of 8, 16 or 32 bits, found ${quant ? 'quantised ' : ''}${dtype}`,
  );
}

/** A program whose files are available. */
export interface BuiltWasm extends WasmProgram<Uint8Array> {
  readonly code: Uint8Array;
}

/** The C as a module with its manifest: inputs and outputs follow the arena. */
export function wasmProgram(
  program: CProgram,
  { build, sourceHash }: { readonly build: BuildWasm; readonly sourceHash: string },
): BuiltWasm {
  const { name, weightBytes, layers } = program;
  const file = program.files.get(`${name}_weights.bin`);
  const weights = file instanceof Uint8Array ? file : new Uint8Array();
  const start = align(program.arenaBytes);
  const inputs = placed(program.inputs, start);
  const middle = endOf(inputs, start);
  const outputs = placed(program.outputs, middle);
  const manifest = {
    format: 'ghostc-wasm/1' as const,
    name,
    sourceHash,
    arenaBytes: endOf(outputs, middle),
    weightBytes,
    weightCrc32: crc32(weights),
    inputs,
    outputs,
    layers: layers.map(({ op, name: label }) => ({ label, module: op })),
  };
  return { manifest, code: build(program), weights };
}

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16;

function placed(tensors: readonly CTensor[], start: number): IoTensor[] {
  let next = start;
  return tensors.map(({ name, elements, ...type }) => {
    const at = next;
    next += align(elements * byteSize(type.dtype));
    return ioTensor(name, type, at);
  });
}

function endOf(tensors: readonly IoTensor[], start: number): number {
  return tensors.reduce((end, { offset, bytes }) => Math.max(end, align(offset + bytes)), start);
}
