import { readFileSync } from 'node:fs';

const files = { wgsl: './wgsl-runtime.js', wasm: './wasm-runtime.js', web: './web-runtime.js' };

/** A target whose files are a package for pages. */
export type PageTarget = keyof typeof files;

/** The runtime of a target's packages as one ES module: it stands beside this one when both are bundled. */
export function runtimeSource(target: PageTarget): string {
  return readFileSync(new URL(files[target], import.meta.url), 'utf8');
}
