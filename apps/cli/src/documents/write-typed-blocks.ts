import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asModule, documentBlocks } from './document-blocks.ts';
import { documents } from './documents.ts';

/**
 * Writes the TypeScript blocks as modules to build/typed-blocks, where `npm run typecheck` finds them. This
 * file imports no package, so that `tsc` reports one that does not compile.
 */
const root = process.cwd();
const folder = join(root, 'build/typed-blocks');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const path of documents(root))
  for (const { language, code, place } of documentBlocks(path, root).blocks)
    if (language === 'ts')
      writeFileSync(
        join(folder, `${place.replace(/\W+/g, '-')}.ts`),
        `${given(code)}${asModule(code, root)}export {};\n`,
      );

/** What a test gives a block, on one line before it. */
function given(code: string): string {
  const types = { model: "import('@ghostc/ir').Graph", bytes: 'Uint8Array' };
  const absent = Object.entries(types).filter(([name]) => !new RegExp(`const ${name}\\b`).test(code));
  return absent.map(([name, type]) => `declare const ${name}: ${type}; `).join('');
}
