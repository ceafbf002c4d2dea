import { printAligned } from '../build/print-aligned.ts';
import type { CmsisCounts } from './mcu-cmsis-nn.ts';

/** One measured quantity; ratios are ours over theirs. */
export interface Row {
  readonly name: string;
  readonly device: string;
  readonly unit:
    | 'instructions per MAC'
    | 'instructions'
    | 'times those without'
    | 'times those of two kernels'
    | 'times off, estimate against count'
    | 'boards that it does not fit'
    | 'cycles of 32 smlad'
    | 'bytes';
  readonly ours: number;
  /** Our portable C in the same run. */
  readonly portable?: number;
  /** The peer's figure, measured apart. */
  readonly peer?: number;
  /** With CMSIS-NN in the same run; `whole` in this row's unit. */
  readonly cmsis?: CmsisCounts | undefined;
  readonly target: number;
}

export function isMet({ ours, target }: Row): boolean {
  return ours <= target;
}

/** A table, a line for each row. */
export function printRows(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  const head = [
    '',
    'device',
    'unit',
    'ours',
    'target',
    '',
    'portable C',
    'ours/portable',
    'peer',
    'ours/peer',
    ...(rows.some(({ cmsis }) => cmsis) ? ['calling CMSIS-NN', 'ours/calling', 'ours/CMSIS-NN'] : []),
  ];
  printAligned([head, ...rows.map(rowCells)], 3);
}

function rowCells(row: Row): string[] {
  const { name, device, unit, ours, portable, peer, cmsis, target } = row;
  const ratio = (other: number | undefined): string => (other === undefined ? '' : (ours / other).toFixed(2));
  return [
    ...[name, device, unit, number(ours), number(target), isMet(row) ? 'met' : 'MISSED'],
    ...[number(portable), ratio(portable), number(peer), ratio(peer)],
    ...(cmsis ? [number(cmsis.whole), ratio(cmsis.whole), cmsis.ratio.toFixed(2)] : []),
  ];
}

function number(value: number | undefined): string {
  if (value === undefined) return '';
  return value < 100 ? value.toFixed(3) : Math.round(value).toLocaleString('en-US');
}
