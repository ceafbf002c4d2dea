import { CompileError } from '@ghostc/ir';
import { FolderStore } from './folder-store.ts';
import type { Store } from './store.ts';

/** A store by its place: a folder. Throws `jobs/store`. */
export function openStore(place: string): Store {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//.exec(place)?.[1];
  if (scheme === undefined) return new FolderStore(place);
  throw new CompileError('jobs/store', `expected a folder, found ${scheme}://`);
}
