import { CompileError } from '@ghostc/ir';
import { BucketStore } from './bucket-store.ts';
import { FolderStore } from './folder-store.ts';
import type { Store } from './store.ts';

/** A store by its place: a folder, or `s3://BUCKET/PREFIX`. Throws `jobs/store`. */
export function openStore(place: string): Store {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//.exec(place)?.[1];
  if (scheme === undefined) return new FolderStore(place);
  if (scheme === 's3' && place.length > 's3://'.length) return new BucketStore(place);
  throw new CompileError('jobs/store', `expected a folder or s3://BUCKET, found ${place}`);
}
