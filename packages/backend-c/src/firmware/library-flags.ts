/**
 * What GCC is told when it links, so that it finds its libraries: it has some for rv32imac, and takes those of 64 bits for
 * rv32imac_zba_zbb. Empty where `flags` say it themselves.
 */
export function libraryFlags(flags: readonly string[]): string[] {
  return flags.flatMap((flag) => /^-march=rv\w+?(?=_)/.exec(flag)?.[0] ?? []);
}
