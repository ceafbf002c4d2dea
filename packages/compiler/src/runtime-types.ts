/** The kinds of packages: WGSL, WebAssembly, both. */
export type RuntimeKind = 'wgsl' | 'wasm' | 'web';

/** Names of the runtimes, shared by all packages in a folder. */
export const runtimeFiles: Readonly<Record<RuntimeKind, string>> = {
  wgsl: 'ghostc-runtime',
  wasm: 'ghostc-wasm-runtime',
  web: 'ghostc-web-runtime',
};

const base = `/** The runtime of ghostc's programs for pages. */

type Global<Name extends string, Else = never> = typeof globalThis extends Record<Name, { prototype: infer T }> ? T : Else;

export type GpuDevice = Global<'GPUDevice', object>;
export type GpuBuffer = Global<'GPUBuffer'>;
export type GpuTexture = Global<'GPUTexture'>;
type Gpu = Global<'GPU', object>;
type Url = Global<'URL', { readonly href: string }>;

export type IoType = 'f32' | 'i32' | 'i16' | 'u16' | 'i8' | 'u8';

/** An input or output inside the arena. */
export interface IoTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: IoType;
  /** Bytes from the start of the arena; a multiple of 4. */
  readonly offset: number;
  readonly bytes: number;
  /** Of integers that stand for real numbers: real = scale * (value - zeroPoint). */
  readonly quant?: { readonly scale: number; readonly zeroPoint: number };
  /** Order of the axes of an image, where the model shows it. */
  readonly layout?: 'NCHW' | 'NHWC';
}

/** What programs of every kind say of themselves. */
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

/** Inputs and outputs without their places, which each backend has its own of. */
export interface WebManifest extends Pick<ProgramManifest, 'name' | 'sourceHash'> {
  readonly inputs: readonly Omit<IoTensor, 'offset'>[];
  readonly outputs: readonly Omit<IoTensor, 'offset'>[];
}

/** The bytes of the weight file, or a function that opens them as a stream: it is called again after a lost device. */
export type Weights = Uint8Array | (() => Promise<Global<'ReadableStream', object>>);
/** Weights of a program: their bytes, or where the file is. */
export type WeightSource = Uint8Array | string | { readonly href: string };

/** Row-major data: Float32Array for f32, Int32Array for i32, Int8Array for i8, and so on. */
export type IoData = Float32Array | Int32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** An input that the GPU computes: encodes what writes \`target.bytes\` bytes at \`target.offset\` of the arena. */
export interface GpuInput {
  encode(encoder: Global<'GPUCommandEncoder', object>, target: GpuTarget): void;
}

export interface GpuTarget extends IoTensor {
  readonly device: GpuDevice;
  readonly arena: Global<'GPUBuffer', object>;
}

/** An input that is computed here, for programs that do not run on a GPU. */
export interface PixelInput {
  values(target: IoTensor): IoData;
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
/** A texture of the model's own device is for WebGPU. */
export type Source = StillSource | MovingSource | GpuTexture;

export interface PictureOptions {
  /** One for each channel, of values from 0 to 1: y = (v - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** \`cover\` keeps the proportions and cuts the edges; \`stretch\` takes all. Default: cover. */
  readonly fit?: 'cover' | 'stretch' | undefined;
  /** Instead of \`fit\`: pixels of the shorter side, before the middle is cut out, as torchvision's Resize and CenterCrop. */
  readonly resize?: number | undefined;
}

export type Inputs = Readonly<Record<string, IoData | GpuInput | PixelInput | GpuBuffer>>;
/** Where outputs stay on the GPU, by name: in buffers and textures of the program's device. */
export type Places = Readonly<Record<string, GpuBuffer | GpuTexture>>;
export type Outputs<T extends IoData = Float32Array> = Record<string, T>;

/** Time of one dispatch or layer. */
export interface DispatchTime {
  readonly label: string;
  readonly module: string;
  readonly nanoseconds: number;
}

export interface Session<M extends ProgramManifest> {
  readonly manifest: M;
  /** Where it runs on a GPU: a new one after a loss, none before that is there. */
  readonly device?: GpuDevice | undefined;
  /** One inference of the inputs as they are at the call. Outputs that \`into\` names stay on the GPU, and out of the answer. */
  run<T extends IoData = Float32Array>(inputs: Inputs, into?: Places): Promise<Outputs<T>>;
  /** Several inferences, one readback. */
  runBatch<T extends IoData = Float32Array>(batch: readonly Inputs[]): Promise<Outputs<T>[]>;
  /** One inference with the time of each dispatch or layer; on WebGPU it needs the device feature timestamp-query. */
  profile(inputs: Inputs): Promise<DispatchTime[]>;
  /** Frees the buffers, and a device that came from a function. */
  dispose(): void;
}

/** Called as the weight file arrives. */
export type OnDownload = (bytes: number, total: number) => void;

export interface DownloadOptions {
  readonly onDownload?: OnDownload | undefined;
  /** Ends loading, which then rejects with the signal's reason. */
  readonly signal?: Global<'AbortSignal', object> | undefined;
}

export interface OpenOptions {
  /** Ends the download. */
  readonly signal?: Global<'AbortSignal', object> | undefined;
  /** What the file has, for messages. Default: weights. */
  readonly what?: string;
  /** Name of a cache of the Cache API that keeps the file, by its CRC-32. Default: none. */
  readonly cache?: string | undefined;
  /** Of the program whose weights they are; without it nothing is kept. */
  readonly manifest?: ProgramManifest | undefined;
}

/** Bytes as they are; a file is fetched when it is read. */
export declare function openWeights(source: WeightSource, options?: OpenOptions): Weights;

/** A file beside a module. Throws an Error where a script has no address of its own. */
export declare function fileBeside(locate: () => Url, option: string): Url;

/** One of the largest values of an output. */
export interface Ranked {
  readonly index: number;
  readonly value: number;
  /** Of the labels that were given. */
  readonly label: string | undefined;
}

/** The \`count\` largest values, largest first; of equal ones the first first. */
export declare function topK(values: ArrayLike<number>, count: number, labels?: readonly string[]): Ranked[];
`;

const gpu = `export interface Dispatch {
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
export interface WgslManifest extends ProgramManifest {
  readonly format: 'ghostc-wgsl/2';
  /** The weight file has f32 and i32 words, then these bytes of f16. */
  readonly halfBytes: number;
  /** Sources that run everywhere. */
  readonly modules: Readonly<Record<string, string>>;
  /** Faster sources, best first: the first whose needs are all met is taken. */
  readonly variants: Readonly<Record<string, readonly Variant[]>>;
  /** In the shape that software adapters like: few dispatches. */
  readonly dispatches: readonly Dispatch[];
  /** In the shape that GPUs like: sums cut into parts, over many workgroups. Absent where nothing differs. */
  readonly gpuDispatches?: readonly Dispatch[];
}

/** What a program is shaped for. */
export type AdapterKind = 'software' | 'gpu';

export interface WgslProgram<W extends Weights = Weights> {
  readonly manifest: WgslManifest;
  readonly weights: W;
}

/** Called after each distinct pipeline. */
export type OnProgress = (done: number, total: number) => void;

/** What an adapter and its WGSL implementation offer. */
export type Offers = (requirement: Requirement) => boolean;
export declare function offersOf(device: GpuDevice, gpu?: Gpu): Offers;
/** The source to compile for each module. */
export declare function pickVariants(manifest: WgslManifest, offers: Offers): Record<string, string>;

export type Limits = Readonly<
  Record<'maxStorageBufferBindingSize' | 'maxBufferSize' | 'maxComputeWorkgroupsPerDimension', number>
>;
/** Throws an Error that says what does not fit: a wrong manifest, or the device limit that is exceeded. */
export declare function checkProgram(program: WgslProgram, limits: Limits): void;

/** A device, or how to get one: then the session recovers from a lost device. */
export type DeviceSource = GpuDevice | (() => Promise<GpuDevice>);

export interface SessionOptions extends DownloadOptions {
  readonly onProgress?: OnProgress | undefined;
  /** Whether to use what the adapter offers; by default what the device and the WGSL implementation have. */
  readonly offers?: Offers | undefined;
  /** What the program is shaped for. Default: what the device's adapter is. */
  readonly adapter?: AdapterKind | undefined;
}

/** Compiles the shaders and uploads the weights. Rejects with what is missing, or which limit is exceeded. */
export declare function createSession(
  source: DeviceSource,
  program: WgslProgram,
  options?: SessionOptions,
): Promise<Session<WgslManifest>>;

/** A device with what the program needs. Rejects with what is missing: WebGPU, an adapter, or a limit. */
export declare function requestDevice(manifest: WgslManifest, gpu?: Gpu): Promise<GpuDevice>;

/** WGSL of a picture's input, for a still picture or a video's frame. */
export declare function pictureShader(kind: 'moving' | 'still'): string;
`;

const wasm = `/** A program for WebAssembly. */
export interface WasmManifest extends ProgramManifest {
  readonly format: 'ghostc-wasm/1';
  /** What runs, in order. */
  readonly layers: readonly { readonly label: string; readonly module: string }[];
}

export interface WasmProgram<W extends Weights = Weights> {
  readonly manifest: WasmManifest;
  /** The module's bytes, or the module. */
  readonly code: Uint8Array | object;
  readonly weights: W;
}

/** A WebAssembly module: compiled, its bytes, or where its file is. */
export type CodeSource = WasmProgram['code'] | WeightSource;

export declare function openCode(
  source: CodeSource,
  options?: Pick<OpenOptions, 'signal'>,
): Promise<WasmProgram['code']>;

/** Compiles the module, and reads the weights into its memory. */
export declare function createWasmSession(
  program: WasmProgram,
  options?: DownloadOptions,
): Promise<Session<WasmManifest>>;
`;

const web = `/** Where a program runs. */
export type BackendName = 'webgpu' | 'wasm';

/** What was chosen, and why. */
export interface Backend {
  readonly name: BackendName;
  readonly reason: string;
}

interface BackendModule<Model> {
  load(options: object): Promise<Model>;
}

export interface WebOptions {
  readonly backend?: BackendName | undefined;
  readonly weights?: { readonly [name in BackendName]?: unknown } | undefined;
  readonly signal?: Global<'AbortSignal', object> | undefined;
}

/** The program on the best backend here, or on the one that was asked for. */
export declare function loadWeb<Model extends object>(
  modules: { readonly [name in BackendName]: () => Promise<BackendModule<Model>> },
  options?: WebOptions,
): Promise<Model & { readonly backend: Backend }>;
`;

const pictureOf = (type: string): string => `
/**
 * An input [1,C,H,W] or [1,H,W,C], C 1 or 3, float or of 8 bits, from a picture or a video's current frame: resized as by Pillow,
 * normalised, and quantised where the input is.
 */
export declare function picture(source: Source, options: PictureOptions): ${type};
`;

/**
 * `ghostc-runtime.d.ts` and the like. A project may lack the DOM (a worker) or types of WebGPU (older
 * TypeScript), so such types are taken from the global scope if they exist. `web-types.test.ts` checks it
 * against the runtime's own types.
 */
export const runtimeTypes: Readonly<Record<RuntimeKind, string>> = {
  wgsl: [base, gpu, pictureOf('GpuInput & PixelInput')].join('\n'),
  wasm: [base, wasm, pictureOf('PixelInput')].join('\n'),
  web: [base, gpu, wasm, web, pictureOf('GpuInput & PixelInput')].join('\n'),
};
