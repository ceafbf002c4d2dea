import { CompileError } from '@ghostc/ir';
import { sha256 } from './job.ts';
import type { Store } from './store.ts';

/** Puts bytes into the store under their hash; returns the hash. */
export async function storeBytes(bytes: Uint8Array, store: Store): Promise<string> {
  const hash = sha256(bytes);
  if (!(await store.get(hash))) await store.put(hash, bytes);
  return hash;
}

/** Throws `jobs/store` if the store lacks what the hash names. */
export async function storedBytes(hash: string, store: Store): Promise<Uint8Array> {
  const bytes = await store.get(hash);
  if (bytes && sha256(bytes) === hash) return bytes;
  const found = bytes ? 'other bytes' : 'nothing';
  throw new CompileError(
    'jobs/store',
    `expected a file of the hash ${hash} in ${store.place}, found ${found}`,
  );
}
