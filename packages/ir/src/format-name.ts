/** `%x`, or `%"a b"` for names that need quotes. */
export function formatName(name: string): string {
  return `%${formatWord(name)}`;
}

/** A name without its sigil; a trailing `:` would be read as the start of a type. */
export function formatWord(name: string): string {
  return /^[A-Za-z0-9_./:-]+$/.test(name) && !name.endsWith(':') ? name : JSON.stringify(name);
}
