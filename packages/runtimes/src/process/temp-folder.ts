import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const alive = new Set<string>();
let watching = false;

export interface TempFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A fresh folder; what is not removed by hand goes when the process exits. */
export async function makeTempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), 'ghostc-'));
  alive.add(path);
  removeAtExit();
  return {
    path,
    remove: async () => {
      alive.delete(path);
      await rm(path, { recursive: true, force: true });
    },
  };
}

function removeAtExit(): void {
  if (watching) return;
  watching = true;
  process.once('exit', () => {
    for (const path of alive) rmSync(path, { recursive: true, force: true });
  });
}
