/** An input or output inside the arena. */
export interface IoTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'f32';
  /** Bytes from the start of the arena; a multiple of 4. */
  readonly offset: number;
  readonly bytes: number;
}

export interface Dispatch {
  /** What the user sees in errors and profiles. */
  readonly label: string;
  /** Key into `modules`. */
  readonly module: string;
  readonly entryPoint: string;
  /** Values of the pipeline-overridable constants. */
  readonly constants: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
}

/**
 * A program for WebGPU: one arena buffer (group 0, binding 0, read_write storage) and one weight buffer (binding 1,
 * read-only storage), and the dispatches of one inference in order.
 */
export interface WgslManifest {
  readonly format: 'ghostc-wgsl/1';
  readonly name: string;
  readonly arenaBytes: number;
  readonly weightBytes: number;
  readonly inputs: readonly IoTensor[];
  readonly outputs: readonly IoTensor[];
  readonly modules: Readonly<Record<string, string>>;
  readonly dispatches: readonly Dispatch[];
}

export interface WgslProgram {
  readonly manifest: WgslManifest;
  readonly weights: Uint8Array;
}
