import { readFileSync } from 'node:fs';

const files = { wgsl: './wgsl-runtime.js', wasm: './wasm-runtime.js', web: './web-runtime.js' };

/** The runtime of a target's packages as one ES module, next to the bundled command. */
export function runtimeSource(target: keyof typeof files): string {
  return readFileSync(new URL(files[target], import.meta.url), 'utf8');
}

/** Whether what a target makes is a package for pages. */
export function hasRuntime(target: string): target is keyof typeof files {
  return Object.hasOwn(files, target);
}
