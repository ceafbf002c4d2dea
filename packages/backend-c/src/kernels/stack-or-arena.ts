/** Bytes of working memory that a kernel asks of the arena: none where they are few enough for the stack. */
export function stackOrArena(bytes: number, stack = 4096): number {
  return bytes > stack ? bytes : 0;
}
