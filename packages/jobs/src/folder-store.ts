import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Store } from './store.ts';

/** A store in a folder, also one that machines share. A file is written aside, flushed and renamed: it is whole or not there. */
export class FolderStore implements Store {
  readonly place: string;

  constructor(place: string) {
    this.place = place;
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#path(name));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async put(name: string, content: Uint8Array): Promise<void> {
    const path = this.#path(name);
    const fresh = `${path}.${randomUUID()}`;
    await mkdir(dirname(path), { recursive: true });
    const file = await open(fresh, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  }

  #path(name: string): string {
    return join(this.place, name.slice(0, 2), name.slice(2));
  }
}
