/**
 * Text from a model made fit for a C block comment: printable ASCII, no `*`, `?` or backslash (so no end of comment, no
 * trigraph, no line splice), at most 160 characters.
 */
export function safeComment(text: string): string {
  const safe = text.replace(/[^\w .,:;+\-[\](){}<>=%#@!|~^/]/g, '_');
  return safe.length > 160 ? `${safe.slice(0, 157)}...` : safe;
}
