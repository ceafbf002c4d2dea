import { errorsDocument } from './error-codes.ts';
import { architectureDocument } from './import-table.ts';

/** Documents that are generated from the sources, with their current content. */
export const documents: Readonly<Record<string, (root: string) => string>> = {
  'ARCHITECTURE.md': architectureDocument,
  'docs/errors.md': errorsDocument,
};
