import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents } from './documents.ts';

/** Writes the documents that are made from the sources: `npm run docs:write`. */
const root = process.cwd();
for (const [path, text] of Object.entries(documents))
  writeFileSync(join(root, path), `${text(root).trimEnd()}\n`);
