import { readFileSync, statSync } from 'node:fs';
import { CompileError } from '@ghostc/ir';

/** Larger files are refused before they are read. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** The bytes of a file. Throws `file/kind` and `file/size`. */
export function readBounded(file: string): Uint8Array {
  const { size } = statSync(file);
  if (!statSync(file).isFile()) throw new CompileError('file/kind', 'expected a file, found something else');
  if (size > MAX_FILE_BYTES)
    throw new CompileError('file/size', `expected at most ${MAX_FILE_BYTES} bytes, found ${size}`);
  return readFileSync(file);
}
