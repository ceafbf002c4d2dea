import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import { makeTempFolder } from '../process/temp-folder.ts';

/** Calls `use` with a folder that holds the files of a program, which is removed afterwards. */
export async function inProgramFolder<T>(
  { files }: Pick<CProgram, 'files'>,
  use: (folder: string) => T | Promise<T>,
): Promise<T> {
  const folder = await makeTempFolder();
  try {
    for (const [name, content] of files) await writeFile(join(folder.path, name), content);
    return await use(folder.path);
  } finally {
    await folder.remove();
  }
}
