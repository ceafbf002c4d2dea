import type { CProgram } from '../c-program.ts';

/** The program's files, with headers and sources in separate folders. */
export function placeSources(
  { files }: CProgram,
  { headers, sources }: { readonly headers: string; readonly sources: string },
): [string, string | Uint8Array][] {
  return [...files].map(([name, content]) => [`${name.endsWith('.h') ? headers : sources}/${name}`, content]);
}

/** Names of the files that a compiler or assembler takes. */
export function compiledFiles({ files }: CProgram): string[] {
  return [...files.keys()].filter((name) => /\.[cS]$/.test(name));
}
