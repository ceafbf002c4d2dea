import { kindOf } from './kind-of.ts';
import type { Weights } from './manifest.ts';

/** Weights of a program: their bytes, or where the file is. */
export type WeightSource = Uint8Array | string | { readonly href: string };

/** Bytes as they are; a file is fetched when the weights are read. A failed answer, or a page in its place, rejects with the URL. */
export function openWeights(source: WeightSource): Weights {
  if (kindOf(source) === 'Uint8Array') return source as Uint8Array;
  const url = typeof source === 'string' ? source : (source as { readonly href?: string } | null)?.href;
  if (!url) throw new Error(`expected weights as a URL or a Uint8Array, found ${kindOf(source)}`);
  return () => open(url);
}

async function open(url: string): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(url).catch((error: Error) => {
    throw new Error(`${url}: cannot be fetched: ${error.message}`);
  });
  if (!response.ok) throw new Error(`${url}: ${`${response.status} ${response.statusText}`.trim()}`);
  const type = response.headers.get('content-type') ?? '';
  if (/html/i.test(type)) throw new Error(`${url}: expected weights, found a page (${type})`);
  if (!response.body) throw new Error(`${url}: the answer is empty`);
  return response.body;
}
