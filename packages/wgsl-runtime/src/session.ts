import type { Places } from './gpu-places.ts';
import type { Inputs, IoData } from './io-data.ts';
import type { ProgramManifest, WgslManifest } from './manifest.ts';

/** Row-major data by name, of the type that the manifest states; float32 of most models. */
export type Outputs<T extends IoData = Float32Array> = Record<string, T>;

/** Time of one dispatch or layer. */
export interface DispatchTime {
  readonly label: string;
  readonly module: string;
  readonly nanoseconds: number;
}

/** A program that is ready to run. */
export interface Session<M extends ProgramManifest = WgslManifest> {
  readonly manifest: M;
  /** The device it runs on, if on a GPU: a new one after a loss, none until that exists. */
  readonly device?: GPUDevice | undefined;
  /**
   * One inference; inputs are copied at the call. Calls may overlap; they run one after another. On a GPU:
   * one submit, plus one for each picture, and no buffer is created unless more calls are in flight than ever
   * before. Rejects on a wrong input or a device error. Outputs named in `into` stay on the GPU and are not
   * returned.
   */
  run<T extends IoData = Float32Array>(inputs: Inputs, into?: Places): Promise<Outputs<T>>;
  /** Several inferences without waiting in between: one readback of all. */
  runBatch<T extends IoData = Float32Array>(batch: readonly Inputs[]): Promise<Outputs<T>[]>;
  /** One inference with the time of each dispatch. Rejects when the device lacks `timestamp-query`. */
  profile(inputs: Inputs): Promise<DispatchTime[]>;
  /** Frees the buffers, and a device that came from a function. A device that was handed in stays: it is the caller's. */
  dispose(): void;
}

/** Throws an Error unless it is an array of inputs. */
export function checkBatch({ name }: ProgramManifest, batch: unknown, kind: string): void {
  if (!Array.isArray(batch)) throw new Error(`${name}: expected an array of inputs, found ${kind}`);
}
