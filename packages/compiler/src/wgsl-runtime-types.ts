/**
 * `ghostc-runtime.d.ts`. A project may lack the DOM (a worker), or types of WebGPU (older TypeScript): such types are taken
 * from the global scope where they are known. `wgsl-types.test.ts` holds it against the runtime's own types.
 */
export const wgslRuntimeTypes = `/** The runtime of ghostc's WGSL programs. */

type Global<Name extends string, Else = never> = typeof globalThis extends Record<Name, { prototype: infer T }> ? T : Else;

type Device = Global<'GPUDevice', object>;
type Gpu = Global<'GPU', object>;

export type IoType = 'f32' | 'i32' | 'i8' | 'u8';

/** An input or output inside the arena. */
export interface IoTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: IoType;
  /** Bytes from the start of the arena; a multiple of 4. */
  readonly offset: number;
  readonly bytes: number;
}

export interface Dispatch {
  /** What errors and profiles call it. */
  readonly label: string;
  /** Key into \`modules\`. */
  readonly module: string;
  readonly entryPoint: string;
  /** The module's parameters: the i32 members of its uniform struct in order, then the f32 ones. */
  readonly ints: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
}

export type Requirement = 'shader-f16' | 'subgroups' | 'packed_4x8_integer_dot_product';

/** Another source of a module, with the same bindings, parameters and workgroups. */
export interface Variant {
  readonly requires: readonly Requirement[];
  readonly source: string;
}

/** A program: buffers, shaders, and the dispatches of one inference in order. */
export interface WgslManifest {
  readonly format: 'ghostc-wgsl/2';
  readonly name: string;
  /** SHA-256, in hex, of the model and the options that the program was compiled from. */
  readonly sourceHash?: string;
  readonly arenaBytes: number;
  /** Of the weight file: f32 and i32 words, then \`halfBytes\` of f16. */
  readonly weightBytes: number;
  readonly halfBytes: number;
  /** CRC-32 (IEEE 802.3) of the weight file: another file, or a damaged one, is refused. */
  readonly weightCrc32?: number;
  readonly inputs: readonly IoTensor[];
  readonly outputs: readonly IoTensor[];
  /** Sources that run everywhere. */
  readonly modules: Readonly<Record<string, string>>;
  /** Faster sources, best first: the first whose needs are all met is taken. */
  readonly variants: Readonly<Record<string, readonly Variant[]>>;
  readonly dispatches: readonly Dispatch[];
}

/** The bytes of the weight file, or a function that opens them as a stream: it is called again after a lost device. */
export type Weights = Uint8Array | (() => Promise<Global<'ReadableStream', object>>);
/** Weights of a program: their bytes, or where the file is. */
export type WeightSource = Uint8Array | string | { readonly href: string };

export interface WgslProgram<W extends Weights = Weights> {
  readonly manifest: WgslManifest;
  readonly weights: W;
}

/** Row-major data: Float32Array for f32, Int32Array for i32, Int8Array for i8, Uint8Array for u8. */
export type IoData = Float32Array | Int32Array | Int8Array | Uint8Array;

/** An input that the GPU computes: encodes what writes \`target.bytes\` bytes at \`target.offset\` of the arena. */
export interface GpuInput {
  encode(encoder: Global<'GPUCommandEncoder', object>, target: GpuTarget): void;
}

export interface GpuTarget extends IoTensor {
  readonly device: Device;
  readonly arena: Global<'GPUBuffer', object>;
}

/** What a browser can copy into a texture. */
export type StillSource =
  | Global<'ImageBitmap'>
  | Global<'ImageData'>
  | Global<'HTMLCanvasElement'>
  | Global<'OffscreenCanvas'>
  | Global<'HTMLImageElement'>;
/** What it can read where it lies, without a copy. */
export type MovingSource = Global<'HTMLVideoElement'> | Global<'VideoFrame'>;

export interface PictureOptions {
  /** One for each channel, of values from 0 to 1: y = (v - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** \`cover\` keeps the proportions and cuts the edges; \`stretch\` takes all. Default: cover. */
  readonly fit?: 'cover' | 'stretch';
}

/** An input [1,C,H,W], C 1 or 3, from a picture or a video's current frame: resized and normalised on the GPU. */
export declare function picture(source: StillSource | MovingSource, options: PictureOptions): GpuInput;

/** WGSL of that, for a still picture or a video's frame. */
export declare function pictureShader(kind: 'moving' | 'still'): string;

/** Called after each distinct pipeline. */
export type OnProgress = (done: number, total: number) => void;

/** What an adapter and its WGSL implementation offer. */
export type Offers = (requirement: Requirement) => boolean;
export declare function offersOf(device: Device, gpu?: Gpu): Offers;
/** The source to compile for each module. */
export declare function pickVariants(manifest: WgslManifest, offers: Offers): Record<string, string>;

export type Limits = Readonly<
  Record<'maxStorageBufferBindingSize' | 'maxBufferSize' | 'maxComputeWorkgroupsPerDimension', number>
>;
/** Throws an Error that says what does not fit: a wrong manifest, or the device limit that is exceeded. */
export declare function checkProgram(program: WgslProgram, limits: Limits): void;

export type Inputs = Readonly<Record<string, IoData | GpuInput>>;
export type Outputs<T extends IoData = Float32Array> = Record<string, T>;

/** Time of one dispatch on the GPU. */
export interface DispatchTime {
  readonly label: string;
  readonly module: string;
  readonly nanoseconds: number;
}

export interface Session {
  readonly manifest: WgslManifest;
  /** One inference of the inputs as they are at the call. */
  run<T extends IoData = Float32Array>(inputs: Inputs): Promise<Outputs<T>>;
  /** Several inferences, one readback. */
  runBatch<T extends IoData = Float32Array>(batch: readonly Inputs[]): Promise<Outputs<T>[]>;
  /** One inference with the time of each dispatch; needs the device feature timestamp-query. */
  profile(inputs: Inputs): Promise<DispatchTime[]>;
  /** Frees the buffers, and a device that came from a function. */
  dispose(): void;
}

/** A device, or how to get one: then the session recovers from a lost device. */
export type DeviceSource = Device | (() => Promise<Device>);

export interface SessionOptions {
  readonly onProgress?: OnProgress | undefined;
  /** Whether to use what the adapter offers; by default what the device and the WGSL implementation have. */
  readonly offers?: Offers | undefined;
}

/** Compiles the shaders and uploads the weights. Rejects with what is missing, or which limit is exceeded. */
export declare function createSession(
  source: DeviceSource,
  program: WgslProgram,
  options?: SessionOptions,
): Promise<Session>;

/** Bytes as they are; a file is fetched when the weights are read. */
export declare function openWeights(source: WeightSource): Weights;

/** A device with what the program needs. Rejects with what is missing: WebGPU, an adapter, or a limit. */
export declare function requestDevice(manifest: WgslManifest, gpu?: Gpu): Promise<Device>;
`;
