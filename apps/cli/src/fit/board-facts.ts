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
  /** The document, and page or section, that each figure is from, or that it is an assumption. */
  readonly sources?: Partial<Readonly<Record<SourcedFact, string>>>;
}

/** What a data sheet states about a board. */
export const sourcedFacts = ['clockMHz', 'ram', 'flashBytes'] as const;
type SourcedFact = (typeof sourcedFacts)[number];

/** A flash on a separate bus. */
export type ExternalFlash = {
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** Of the chip and its rate. */
  readonly source: string;
};

/** Facts copied from another board unless overridden; null: it has none. */
export type BoardOf = { readonly of: string } & { readonly [K in keyof BoardFacts]?: BoardFacts[K] | null };

/** All facts of a board, given either in full or relative to another. */
export function wholeBoard(board: BoardOf, others: readonly BoardFacts[]): unknown {
  const { of, ...own } = board;
  const like = others.find(({ name }) => name === of);
  const sources = { ...like?.sources, ...own.sources };
  const facts = Object.entries({ ...like, ...own, sources }).filter(([, fact]) => fact !== null);
  return Object.fromEntries(facts);
}

/** Chips, whose boards have their memories. */
export const knownChips = (known as readonly object[]).filter((one) => !('of' in one)) as BoardFacts[];

const withChips = (known as readonly object[]).filter((one): one is BoardOf => 'of' in one);

/** The boards that `ghostc fit` knows by itself: chips, and boards with one of them. */
export const knownBoards: readonly BoardFacts[] = [
  ...knownChips,
  ...withChips.map((one) => wholeBoard(one, knownChips) as BoardFacts),
];
