import { range } from '../../../text/range.ts';
import type { ConvGeometry } from '../../conv-geometry.ts';

/**
 * Copies a row of x to a padded line [phase][position], where columns that differ by a multiple of the stride
 * have the same phase: the inputs of a tap of neighbouring windows are then adjacent. The margins are not
 * written; columns that no window reads are skipped.
 * `from` and `to` are C expressions.
 */
export function phaseRow(
  { width, padLeft, strideX }: Pick<ConvGeometry, 'width' | 'padLeft' | 'strideX'>,
  positions: number,
  { from, to }: { readonly from: string; readonly to: string },
): string[] {
  if (strideX === 1) return [`memcpy(${to} + ${padLeft}, ${from}, ${Math.min(width, positions - padLeft)});`];
  const place = (column: number): number => Math.floor((column + padLeft) / strideX);
  const start = (column: number): string =>
    `${to} + ${((column + padLeft) % strideX) * positions + place(column)}`;
  const counts = range(strideX).map((column) =>
    Math.max(0, Math.min(Math.ceil((width - column) / strideX), positions - place(column))),
  );
  const whole = strideX === 2 ? Math.floor(Math.min(...counts) / 16) * 16 : 0;
  return [
    '{',
    `const int8_t *const s = ${from};`,
    ...(whole
      ? [
          `for (int k = 0; k < ${whole}; k += 16) {`,
          `v_split(${start(0)} + k, ${start(1)} + k, s + 2 * k);`,
          '}',
        ]
      : []),
    ...counts.flatMap((count, column) =>
      count > whole
        ? [
            `for (int k = ${whole}; k < ${count}; k++) {`,
            `(${start(column)})[k] = s[${column} + k * ${strideX}];`,
            '}',
          ]
        : [],
    ),
    '}',
  ];
}
