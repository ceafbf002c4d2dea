/** Joins lines of C, indented by the braces they open and close (two spaces a level). */
export function indent(lines: readonly string[]): string {
  let depth = 0;
  const out: string[] = [];
  for (const line of lines) {
    const text = line.trim();
    if (text.startsWith('}')) depth--;
    out.push(text.startsWith('#') || text === '' ? text : '  '.repeat(Math.max(depth, 0)) + text);
    depth += braces(text) + (text.startsWith('}') ? 1 : 0);
  }
  return out.join('\n');
}

function braces(text: string): number {
  let depth = 0;
  for (const char of text) depth += char === '{' ? 1 : char === '}' ? -1 : 0;
  return depth;
}
