import { errorsDocument } from './error-codes.ts';
import { architectureDocument } from './import-table.ts';

/** Documents that are made from the sources, with what they have to say now. */
export const documents: Readonly<Record<string, (root: string) => string>> = {
  'ARCHITECTURE.md': architectureDocument,
  'docs/errors.md': errorsDocument,
};
