/** Element types of inputs and outputs; 16 bits only in WebAssembly. */
export type IoType = 'f32' | 'i32' | 'i16' | 'u16' | 'i8' | 'u8';

/** An input or output inside the arena. */
export interface IoTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: IoType;
  /** Bytes from the start of the arena; a multiple of 4. */
  readonly offset: number;
  readonly bytes: number;
  /** For integers that represent real numbers: real = scale * (value - zeroPoint). */
  readonly quant?: { readonly scale: number; readonly zeroPoint: number };
  /** Order of the axes of an image, if the model shows it. */
  readonly layout?: 'NCHW' | 'NHWC';
}

/** What programs of every kind state about themselves. */
export interface ProgramManifest {
  readonly name: string;
  /** SHA-256, in hex, of the model and the options that the program was compiled from. */
  readonly sourceHash?: string;
  /** Working memory, with inputs and outputs. */
  readonly arenaBytes: number;
  readonly weightBytes: number;
  /** CRC-32 (IEEE 802.3) of the weight file: another file, or a damaged one, is refused. */
  readonly weightCrc32?: number;
  readonly inputs: readonly IoTensor[];
  readonly outputs: readonly IoTensor[];
}

export interface Dispatch {
  /** What the user sees in errors and profiles. */
  readonly label: string;
  /** Key into `modules`. */
  readonly module: string;
  readonly entryPoint: string;
  /** The module's parameters: the i32 members of its uniform struct in order, then the f32 ones. */
  readonly ints: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
}

/** What a variant of a module may ask of the adapter: a device feature, or a feature of the WGSL implementation. */
export type Requirement = 'shader-f16' | 'subgroups' | 'packed_4x8_integer_dot_product';

/** Another source of a module, with the same bindings, parameters and workgroups. */
export interface Variant {
  readonly requires: readonly Requirement[];
  readonly source: string;
}

/**
 * A program for WebGPU: one arena buffer (group 0, binding 0, read_write storage), the weights (binding 1,
 * read-only storage), the parameters of a dispatch (binding 2, uniform with a dynamic offset), matrices in
 * f16 if there are any (binding 3, read-only storage), and the dispatches of one inference in order.
 */
export interface WgslManifest extends ProgramManifest {
  readonly format: 'ghostc-wgsl/2';
  /** The weight file has f32 and i32 words, then these bytes of f16. */
  readonly halfBytes: number;
  /** Sources that run everywhere. With `halfBytes`, they read the matrices expanded to f32. */
  readonly modules: Readonly<Record<string, string>>;
  /** Faster sources, best first: the first whose needs are all met is taken. */
  readonly variants: Readonly<Record<string, readonly Variant[]>>;
  /** One inference, in the shape that software adapters like: few dispatches. */
  readonly dispatches: readonly Dispatch[];
  /**
   * The same in a form that suits GPUs: sums split into parts, over many workgroups. Absent if nothing
   * differs.
   */
  readonly gpuDispatches?: readonly Dispatch[];
}

/** The bytes of the weight file, or a function that opens them as a stream: it is called again after a lost device. */
export type Weights = Uint8Array | (() => Promise<ReadableStream<Uint8Array>>);

export interface WgslProgram<W extends Weights = Weights> {
  readonly manifest: WgslManifest;
  readonly weights: W;
}

/** A program for WebAssembly: a module that exports its memory, `__heap_base`, and `<name>_run(arena, weights, inputs..., outputs...)`. */
export interface WasmManifest extends ProgramManifest {
  readonly format: 'ghostc-wasm/1';
  /** What runs, in order. */
  readonly layers: readonly Pick<Dispatch, 'label' | 'module'>[];
}

export interface WasmProgram<W extends Weights = Weights> {
  readonly manifest: WasmManifest;
  /** The module's bytes, or the module. */
  readonly code: Uint8Array | WebAssembly.Module;
  readonly weights: W;
}
