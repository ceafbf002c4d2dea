import { kindOf } from './kind-of.ts';
import type { ProgramManifest, Weights } from './manifest.ts';
import { cached } from './weight-cache.ts';

/** Weights of a program: their bytes, or the location of the file. */
export type WeightSource = Uint8Array | string | { readonly href: string };

export interface OpenOptions {
  /** Ends the download. */
  readonly signal?: AbortSignal | undefined;
  /** What the file has, for messages. Default: weights. */
  readonly what?: string;
  /** Name of a cache of the Cache API that keeps the file, by its CRC-32. Default: none. */
  readonly cache?: string | undefined;
  /** Of the program whose weights they are; without it nothing is kept. */
  readonly manifest?: ProgramManifest | undefined;
}

/**
 * Bytes are used directly; a file is fetched when it is read. A failed response, or an HTML page in its
 * place, rejects with the URL.
 */
export function openWeights(source: WeightSource, options: OpenOptions = {}): Weights {
  const { what = 'weights' } = options;
  if (kindOf(source) === 'Uint8Array') return source as Uint8Array;
  const url = typeof source === 'string' ? source : (source as { readonly href?: string } | null)?.href;
  if (!url) throw new Error(`expected ${what} as a URL or a Uint8Array, found ${kindOf(source)}`);
  let { signal } = options; // of the first time: later ones are for a new device
  return () => {
    const opened = open(url, { ...options, signal });
    signal = undefined;
    return opened;
  };
}

async function open(url: string, options: OpenOptions): Promise<ReadableStream<Uint8Array>> {
  const local = await openFile(url);
  if (local) return local;
  const { cache: name, manifest } = options;
  if (name === undefined || !manifest) return download(url, options);
  return cached({ name, url, manifest }, () => download(url, options));
}

async function download(
  url: string,
  { signal, what = 'weights' }: OpenOptions,
): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(url, { signal: signal ?? null }).catch((error: Error) => {
    signal?.throwIfAborted();
    throw new Error(`${url}: cannot be fetched: ${error.message}`);
  });
  if (!response.ok) throw new Error(`${url}: ${`${response.status} ${response.statusText}`.trim()}`);
  const type = response.headers.get('content-type') ?? '';
  if (/html/i.test(type)) throw new Error(`${url}: expected ${what}, found a page (${type})`);
  if (!response.body) throw new Error(`${url}: the answer is empty`);
  return response.body;
}

/** What of Node's file system is used. */
interface Files {
  readFile(path: URL): Promise<Uint8Array<ArrayBuffer>>;
}

/** Node fetches no files: there its own module reads them, which bundlers do not see. */
async function openFile(url: string): Promise<ReadableStream<Uint8Array> | undefined> {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => Files | undefined } };
  const files = /^file:/i.test(url) ? process?.getBuiltinModule?.('node:fs/promises') : undefined;
  if (!files) return undefined;
  const bytes = await files.readFile(new URL(url)).catch((error: Error) => {
    throw new Error(`${url}: cannot be read: ${error.message}`);
  });
  return new Blob([bytes]).stream();
}
