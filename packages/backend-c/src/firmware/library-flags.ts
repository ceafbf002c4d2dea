/**
 * Linker flags with which GCC finds its libraries: it has some for rv32imac, and would use the 64-bit ones
 * for rv32imac_zba_zbb. Empty if `flags` already set them.
 */
export function libraryFlags(flags: readonly string[]): string[] {
  return flags.flatMap((flag) => /^-march=rv\w+?(?=_)/.exec(flag)?.[0] ?? []);
}
