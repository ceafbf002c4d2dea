import Table from 'cli-table3';
import { formatCount } from './format-count.ts';

export { formatCount } from './format-count.ts';

/** Laying out a table takes time that grows with the square of its rows. */
const MAX_ROWS = 1000;

/** Characters of a cell: names in a file may have thousands, and take a second each to be measured. */
const MAX_CELL = 1000;

const shortened = (cell: string): string => (cell.length > MAX_CELL ? `${cell.slice(0, MAX_CELL)}...` : cell);

/** A table without colours: column heads, then rows of cells, and how many more there are. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  for (const row of rows.slice(0, MAX_ROWS)) table.push(row.map(shortened));
  const more = rows.length - MAX_ROWS;
  return more > 0
    ? `${table.toString()}\nand ${formatCount(more)} more rows; --json prints all`
    : table.toString();
}

export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;
}

export function formatError(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value === 0 ? '0' : value.toExponential(1);
}
