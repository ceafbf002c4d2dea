import type { IoTensor, IoType, ProgramManifest } from '@ghostc/wgsl-runtime';
import { type RuntimeKind, runtimeFiles } from './runtime-types.ts';

const arrays: Readonly<Record<IoType, string>> = {
  f32: 'Float32Array',
  i32: 'Int32Array',
  i16: 'Int16Array',
  u16: 'Uint16Array',
  i8: 'Int8Array',
  u8: 'Uint8Array',
};

/** What the types of a package's module declare besides its inputs and outputs. */
interface KindTypes {
  readonly what: string;
  readonly imports: readonly string[];
  readonly manifest: string;
  readonly picture: string;
  /** What an input may be besides an array. */
  readonly input: string;
  readonly profile: string;
  readonly model: string;
  readonly options: string;
  readonly load: string;
}

const onGpu = `  /** Where it runs on a GPU: a new one after a loss, none before that is there. */
  readonly device?: GpuDevice | undefined;
  /** The same; outputs that \`into\` names stay on the GPU, in buffers and textures of the model's device, and out of the answer. */
  run<Name extends keyof Outputs>(
    inputs: Inputs,
    into: { readonly [name in Name]: GpuBuffer | GpuTexture },
  ): Promise<Omit<Outputs, Name>>;
`;

const onGpuImports: readonly string[] = [
  'DeviceSource',
  'GpuBuffer',
  'GpuDevice',
  'GpuInput',
  'GpuTexture',
  'OnProgress',
  'WeightSource',
  'WgslManifest',
];
const wasmImports: readonly string[] = ['CodeSource', 'PixelInput', 'WasmManifest', 'WeightSource'];

const kinds: Readonly<Record<RuntimeKind, KindTypes>> = {
  wgsl: {
    what: 'a WebGPU program',
    imports: onGpuImports,
    manifest: 'WgslManifest',
    picture: '/** An input that the GPU makes of a picture. */\nexport type Picture = GpuInput;',
    input: ' | Picture | GpuBuffer',
    profile: 'dispatch; needs the device feature timestamp-query',
    model: onGpu,
    options: `  /** Default: a device of the default adapter, and a new one when it is lost. */
  readonly device?: DeviceSource | undefined;
  /** Default: the file beside this module. */
  readonly weights?: WeightSource | undefined;
  /** What the program is shaped for. Default: what the device's adapter is. */
  readonly adapter?: 'software' | 'gpu' | undefined;
  /** Called after each compiled pipeline. */
  readonly onProgress?: OnProgress | undefined;`,
    load: 'Compiles the shaders and uploads the weights. Rejects with what is missing, or which limit is exceeded: no fallback.',
  },
  wasm: {
    what: 'a WebAssembly program',
    imports: wasmImports,
    manifest: 'WasmManifest',
    picture: '/** An input that is made of a picture. */\nexport type Picture = PixelInput;',
    input: ' | Picture',
    profile: 'layer',
    model: '',
    options: `  /** Default: the module beside this one. */
  readonly code?: CodeSource | undefined;
  /** Default: the file beside this module. */
  readonly weights?: WeightSource | undefined;`,
    load: 'Compiles the module and reads the weights into its memory. Rejects with what is missing. Runs where it is called: in a worker, if a page is to stay responsive.',
  },
  web: {
    what: 'a program for WebGPU, and as WebAssembly',
    imports: [...onGpuImports, ...wasmImports, 'Backend', 'BackendName', 'WebManifest'],
    manifest: 'WebManifest',
    picture:
      '/** An input that is made of a picture, by the GPU where there is one. */\nexport type Picture = GpuInput & PixelInput;',
    input: ' | Picture | GpuBuffer',
    profile: 'dispatch or layer',
    model: `  /** Where it runs, and why there. */\n  readonly backend: Backend;\n${onGpu}`,
    options: `  /** Default: WebGPU where the adapter is no software, else WebAssembly. */
  readonly backend?: BackendName | undefined;
  /** Of WebGPU. Default: a device of the default adapter, and a new one when it is lost. */
  readonly device?: DeviceSource | undefined;
  /** Of each backend. Default: the files beside this module. */
  readonly weights?: { readonly [name in BackendName]?: WeightSource } | undefined;
  /** The WebAssembly module. Default: the file beside this module. */
  readonly code?: CodeSource | undefined;
  /** Of WebGPU: what the program is shaped for. Default: what the device's adapter is. */
  readonly adapter?: 'software' | 'gpu' | undefined;
  /** Called after each compiled pipeline of WebGPU. */
  readonly onProgress?: OnProgress | undefined;`,
    load: 'The program on WebGPU where the adapter is no software, else as WebAssembly. Rejects with what is missing.',
  },
};

type Tensors = Pick<ProgramManifest, 'name'> & {
  readonly inputs: readonly Omit<IoTensor, 'offset'>[];
  readonly outputs: readonly Omit<IoTensor, 'offset'>[];
};

/** `<name>.d.ts` of a package; for several sizes of a model if `shapes` has them. */
export function moduleTypes(
  { name, inputs, outputs }: Tensors,
  kind: RuntimeKind,
  shapes: readonly Omit<Tensors, 'name'>[] = [],
): string {
  const { what, imports, manifest, picture, input: beside, profile, model, options, load } = kinds[kind];
  const file = `./${runtimeFiles[kind]}.js`;
  const ofModel = kind === 'web' ? 'WasmManifest | WgslManifest' : manifest;
  const exported = shapes.length ? 'WebManifest' : manifest;
  const all = [...new Set([...imports, exported, 'DispatchTime', 'DownloadOptions', 'OnDownload'])].sort();
  return `/** ${name}: ${what}. */
import type { ${all.join(', ')} } from '${file}';

export { picture, topK } from '${file}';
export type { DispatchTime, PictureOptions, Ranked, ${exported} } from '${file}';

export declare const manifest: ${exported};

/** Names of the classes, if the compiler was given some. */
export declare const labels: readonly string[];
${shapes.length ? shapesText : ''}
${picture}

export interface Inputs {
${inputs
  .map((input, i) =>
    member(
      input,
      beside,
      shapes.map((shape) => shape.inputs[i]?.shape),
    ),
  )
  .join('\n')}
}

export interface Outputs {
${outputs
  .map((output, i) =>
    member(
      output,
      '',
      shapes.map((shape) => shape.outputs[i]?.shape),
    ),
  )
  .join('\n')}
}

export interface Model {
  readonly manifest: ${ofModel};
  /** One inference of the inputs as they are at the call. */
  run(inputs: Inputs): Promise<Outputs>;
${model}  /** Several inferences, one readback. */
  runBatch(batch: readonly Inputs[]): Promise<Outputs[]>;
  /** One inference with the time of each ${profile}. */
  profile(inputs: Inputs): Promise<DispatchTime[]>;
  dispose(): void;
}

export interface LoadOptions {
${shapes.length ? bindText : ''}${options}
  /** Name of a cache of the Cache API that keeps the weights, by their CRC-32. Default: none. */
  readonly cache?: string | undefined;
  /** Called as the weights arrive. */
  readonly onDownload?: OnDownload | undefined;
  /** Ends loading, which then rejects with the signal's reason. */
  readonly signal?: DownloadOptions['signal'];
}

/** ${load} */
export declare function load(options?: LoadOptions): Promise<Model>;
`;
}

const shapesText = `
/** The sizes that there are programs for. */
export declare const shapes: readonly (Pick<WebManifest, 'inputs' | 'outputs'> & {
  readonly bind: Readonly<Record<string, number>>;
})[];
`;

const bindText = `  /** One of \`shapes\`. Default: the first. */
  readonly bind?: Readonly<Record<string, number>> | undefined;
`;

function member(
  { name, shape, dtype, quant, layout }: Omit<IoTensor, 'offset'>,
  beside: string,
  shapes: readonly (readonly number[] | undefined)[],
): string {
  const real = quant ? `; real = ${quant.scale} * (value - ${quant.zeroPoint})` : '';
  const all = new Set([shape, ...shapes].map((one) => `[${one?.join(', ')}]`));
  return `  /** ${dtype} ${[...all].join(' or ')}, ${layout ?? 'row-major'}${real} */\n  readonly ${JSON.stringify(name)}: ${arrays[dtype]}${beside};`;
}
