import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The location of an npm package, or a file of it: next to this module, or in the user's working folder. `npx
 * ghostc` runs from npm's cache, while the packages it asks for are installed into the project.
 */
export function findPackage(name: string): string | undefined {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve(name);
    } catch {}
  }
  return undefined;
}
