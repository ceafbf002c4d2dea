/**
 * The first line of a session that a command did not print next; undefined if all were printed. `...` matches
 * any text; on a separate line, any lines.
 */
export function firstNotPrinted(expected: readonly string[], printed: string): string | undefined {
  const rest = printed.split('\n');
  let anywhere = false;
  for (const line of expected) {
    if (line === '...') {
      anywhere = true;
      continue;
    }
    const found = rest.findIndex((text) => likeLine(line).test(text));
    if (found < 0 || (found > 0 && !anywhere)) return line;
    rest.splice(0, found + 1);
    anywhere = false;
  }
  return undefined;
}

/** Columns of tables are as wide as what they hold: widths do not count. */
function likeLine(line: string): RegExp {
  const parts = line.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*').replace(/[ ─]+/g, '[ ─]*')}$`);
}
