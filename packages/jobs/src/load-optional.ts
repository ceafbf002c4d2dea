import { CompileError } from '@ghostc/ir';

/** Imports a package that only some uses need. Throws `jobs/package` where it is not installed. */
export async function loadOptional<T>(load: () => Promise<T>, packages: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new CompileError(
      'jobs/package',
      `this needs packages that are not installed: npm install ${packages}`,
    );
  }
}
