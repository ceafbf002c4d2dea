import { crc32 } from './crc32.ts';
import type { ProgramManifest } from './manifest.ts';

type Bytes = ReadableStream<Uint8Array>;

/** A file of the Cache API, and what the file must be. */
export interface CachePlace {
  /** Name of the cache. */
  readonly name: string;
  readonly url: string;
  readonly manifest: ProgramManifest;
}

/** URL parameter that distinguishes versions of a file. */
const PARAMETER = 'ghostc';

/**
 * The file from the cache, or downloaded: a complete download is cached, and files that the URL had before
 * are dropped. Without a Cache API (Node) or space, it is downloaded each time.
 */
export async function cached(place: CachePlace, download: () => Promise<Bytes>): Promise<Bytes> {
  const cache = await globalThis.caches?.open(place.name).catch(() => undefined);
  if (!cache) return download();
  const known = await cache.match(keyOf(place));
  if (known?.body) return known.body;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let crc = 0;
  const keeping = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, next) {
      parts.push(bytes.slice());
      crc = crc32(bytes, crc);
      next.enqueue(bytes);
    },
    flush() {
      if (crc === place.manifest.weightCrc32) keep(cache, place, new Blob(parts)).catch(() => undefined);
    },
  });
  return (await download()).pipeThrough(keeping);
}

/** The URL with the file's length and CRC-32. */
function keyOf({ url, manifest: { weightBytes, weightCrc32 = 0 } }: CachePlace): string {
  const key = new URL(new Request(url).url);
  key.searchParams.set(PARAMETER, `${weightBytes}-${weightCrc32.toString(16)}`);
  return key.href;
}

async function keep(cache: Cache, place: CachePlace, file: Blob): Promise<void> {
  const key = keyOf(place);
  const [start] = key.split(`${PARAMETER}=`) as [string];
  for (const { url } of await cache.keys())
    if (url.startsWith(`${start}${PARAMETER}=`)) await cache.delete(url);
  await cache.put(key, new Response(file));
}
