/** Lines indented by two spaces for each open brace or parenthesis at a line's end; runs of blank lines become one. */
export function indented(text: string): string {
  let depth = 0;
  const lines = text.split('\n').map((raw) => {
    const line = raw.trim();
    if (/^[})]/.test(line)) depth--;
    const result = line ? '  '.repeat(depth) + line : '';
    if (/[{(]$/.test(line)) depth++;
    return result;
  });
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
