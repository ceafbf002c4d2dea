import type { Device } from '@ghostc/compiler';
import known from './boards.json';
import type { Memory } from './place-buffers.ts';

export type BoardDevice = Exclude<Device, 'host' | 'aarch64' | 'wasm32'>;

/** What `ghostc fit` knows of a board. Sizes in bytes. */
export interface BoardFacts {
  readonly name: string;
  readonly core: string;
  /** Whose C is generated for it. */
  readonly device: BoardDevice;
  readonly clockMHz: number;
  /** Memories; every buffer must fit into one of them. */
  readonly ram: readonly Memory[];
  readonly flashBytes: number;
  readonly flashNote?: string;
  /** A second flash, on the board, that the program does not run from. */
  readonly externalFlash?: ExternalFlash;
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly cyclesPerInstruction: number;
  readonly cyclesReason: string;
  /** The document that sizes and clock are from. */
  readonly source?: string;
}

/** A flash on a bus of its own. */
export type ExternalFlash = {
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** Of the chip and its rate. */
  readonly source: string;
};

/** The boards that `ghostc fit` knows by itself. */
export const knownBoards = known as unknown as readonly BoardFacts[];
