import type { DType, QuantParams } from '@ghostc/ir';

/** An input or output of a C program, in call order. */
export interface CTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly elements: number;
  /** Absent: plain numbers. */
  readonly quant?: QuantParams | undefined;
  /** Byte of the arena at which it starts; if absent, it is a separate buffer passed to the run function. */
  readonly offset?: number | undefined;
}

export interface CProgram {
  /** Prefix of every file and global identifier. */
  readonly name: string;
  /** `<name>.h`, `<name>.c`, and `<name>_weights.c` or `<name>_weights.bin` with `<name>_weights.S`. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  readonly device: Device;
  /** Must it be compiled so that no load or store is unaligned? */
  readonly noUnaligned: boolean;
  readonly inputs: readonly CTensor[];
  readonly outputs: readonly CTensor[];
  readonly arenaBytes: number;
  /** Bytes of the arena above the proven lower bound; 0: no order and no layout takes less. */
  readonly arenaGap: number;
  readonly streams: readonly CStream[];
  /** Work that bands of rows cost: elements moved, and multiply-accumulates on rows outside the images. */
  readonly bandWork: number;
  /** The layers with the most arena bytes alive, most first. */
  readonly peaks: readonly { readonly layer: string; readonly bytes: number }[];
  /** What lies where in the arena, and when. */
  readonly buffers: readonly CBuffer[];
  readonly weightBytes: number;
  /** Where the weights lie; `external`: they are given to the run function; `fetch`: it asks for them, layer by layer. */
  readonly form: WeightForm;
  /** Bytes of the buffer that weights are fetched into; 0 where they are not. */
  readonly fetchBytes: number;
  /** What is fetched, in order; none where nothing is. */
  readonly fetches: readonly CFetch[];
  /** Threads that may compute at the same time: from 2 on there is `<name>_run_on`. */
  readonly threads: number;
  /** What runs, in order: entry i is counted as layer i + 1. */
  readonly layers: readonly CLayer[];
  /** SHA-256 of the model and the options that it was compiled from, in hex. */
  readonly sourceHash?: string | undefined;
}

/** A value in the arena from step `start` to step `end`, both inclusive; see `CLayer.step`. */
export interface CBuffer {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

/** One call of a kernel. */
export interface CLayer {
  /** Step of the plan; layers in the same bands of rows share one. */
  readonly step: number;
  readonly op: string;
  /** Name in the source model. */
  readonly name: string;
  /** Of its first output. */
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly macs: number;
  /** Of its first input. */
  readonly inputShape: readonly number[];
  /** Height and width of the window of its weights or of a pool; 1 and 1 without one. */
  readonly window: readonly [height: number, width: number];
  readonly stride: readonly [y: number, x: number];
  /** Does the window reach over the edges? */
  readonly padded: boolean;
  /** The op that is computed with it on its outputs; empty where there is none. */
  readonly activation: string;
  /** Is another tensor added to its outputs? */
  readonly residual: boolean;
  /** Is it on integers and has no kernel for the device, but the portable one? */
  readonly portable: boolean;
  /** Which of its kernel's ways of work, where these take different times; empty where it has one. */
  readonly form: string;
  /** Are its weights integers whose channels have scales of their own? */
  readonly perChannel: boolean;
  /** Are floats of the first input often zeros, as after a ReLU? Emulated floats take less time for these. */
  readonly zeros: boolean;
  /** How often it runs: 1, or the bands of rows that it works in; its shape is that of a band. */
  readonly calls: number;
  /** Bytes of the arena that are alive while it runs; null inside bands of rows. */
  readonly liveBytes: number | null;
  /** Name of its first output in the lowered graph. */
  readonly output: string;
  /** Where that lies as a whole, row-major, when the layer has run; null inside bands of rows. */
  readonly place: LayerPlace | null;
}

/** A range of the weights that is fetched as one. */
export interface CFetch {
  readonly offset: number;
  readonly bytes: number;
  /** Layers from the one that waits for it to the next that waits: first and end. */
  readonly layers: readonly [first: number, end: number];
}

/** A byte of the arena, or of an output's own buffer. */
export interface LayerPlace {
  readonly region: 'arena' | 'output';
  /** Of the output; 0 for the arena. */
  readonly index: number;
  readonly offset: number;
}

/** Processors that code is tuned for; all of it is portable C99, but that wasm32 has no C library and needs Clang. */
export const devices = [
  'host',
  'aarch64',
  'cortex-m0plus',
  'cortex-m3',
  'cortex-m4',
  'cortex-m7',
  'cortex-m33',
  'cortex-m55',
  'cortex-m85',
  'rv32',
  'rv32imc',
  'rv32imac_zba_zbb',
  'wasm32',
] as const;
/** A processor, one of `devices`. */
export type Device = (typeof devices)[number];

/** Whose integer kernels a program has, if not the device's own. */
export const kernelChoices = ['portable', 'cmsis-nn'] as const;
export type KernelChoice = (typeof kernelChoices)[number];

/** Where the inputs and outputs of a program lie: in buffers of the caller, or in the arena, where dead inputs make room. */
export const ioForms = ['caller', 'arena'] as const;
export type IoForm = (typeof ioForms)[number];

/** Where the weights of a program lie. */
export const weightForms = ['c', 'bin', 'external', 'fetch'] as const;
export type WeightForm = (typeof weightForms)[number];

/** Layers that are computed together in a loop over bands of rows. */
export interface CStream {
  readonly layers: number;
  readonly bands: number;
  /** Rows of a band, where the image is smallest. */
  readonly rows: number;
  /** The value that the last layer computes. */
  readonly output: string;
}

export interface PlanCOptions {
  /** Default `host`. */
  readonly device?: Device | undefined;
  /**
   * `portable`: integer kernels in plain C, as devices without tuned ones have; `cmsis-nn`: calls of CMSIS-NN where it has
   * the layer, for those who build it. Default: the device's own.
   */
  readonly kernels?: KernelChoice | undefined;
  /**
   * Bytes that the arena may have. Layers are computed in bands of rows where it would be larger, which takes a little
   * more time. Default: no limit, no bands.
   */
  readonly maxRam?: number | undefined;
  /** `arena`: `<name>_run(arena)` finds the inputs in the arena and leaves the outputs there. Default: `caller`. */
  readonly io?: IoForm | undefined;
  /**
   * Threads that may compute at the same time, up to 64: from 2 on `<name>_run_on` runs on threads of the caller. Default: 1,
   * without that function.
   */
  readonly threads?: number | undefined;
}

/** Options of emitting a planned program. */
export interface EmitCOptions {
  /** A C identifier. */
  readonly name: string;
  /**
   * `c`: hex words; `bin`: a binary file that assembly includes; `external`: a binary file that the caller loads or maps, and
   * gives to the run function; `fetch`: a binary file of which the run function asks a function of the caller for ranges, into
   * a buffer, those of the next layer while this one computes. Default: by size (1 MB).
   */
  readonly weights?: WeightForm | undefined;
  /** SHA-256 of what the program is made from, in hex, for the header. */
  readonly sourceHash?: string | undefined;
  /**
   * Refuse compilers that may load or store words at any address, for memory or settings (CCR.UNALIGN_TRP, an MPU region of
   * device memory) where that faults. Default: the compiler's own choice.
   */
  readonly noUnaligned?: boolean | undefined;
  /**
   * `<name>_run_observed` too, which calls a function of the caller before each layer, with its index, name and op. Default:
   * no, which costs nothing.
   */
  readonly observer?: boolean | undefined;
  /** Linker section of the weights, such as `.extflash`. */
  readonly weightSection?: string | undefined;
}
