import { readFileSync } from 'node:fs';

/** The WGSL runtime as one ES module: it stands beside this one when both are bundled. */
export function wgslRuntimeSource(): string {
  return readFileSync(new URL('./wgsl-runtime.js', import.meta.url), 'utf8');
}
