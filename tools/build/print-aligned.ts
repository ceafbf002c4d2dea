/** Prints rows of cells in columns; from column `right` on the cells end below one another, before it they start there. */
export function printAligned(rows: readonly (readonly string[])[], right = Number.POSITIVE_INFINITY): void {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  const padded = (cell: string, i: number): string =>
    i < right ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  for (const row of rows) console.log(row.map(padded).join('  ').trimEnd());
}
