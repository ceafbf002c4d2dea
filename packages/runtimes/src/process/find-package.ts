import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Where an npm package, or a file of it, is: beside this module, or where the user works. `npx ghostc` runs from npm's cache,
 * and what it asks for is installed into the project.
 */
export function findPackage(name: string): string | undefined {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve(name);
    } catch {}
  }
  return undefined;
}
