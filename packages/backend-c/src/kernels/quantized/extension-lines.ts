/** An extension of Arm's instructions. */
export interface ArmExtension {
  /** As the text of an error calls it. */
  readonly name: string;
  /** Defined where the compiler has it. */
  readonly macro: string;
  /** A core that has it. */
  readonly core: string;
  readonly header: string;
}

export const keepOrder: readonly string[] = [
  '/* Moving loads up before the sums that use them needs more registers than there are. */',
  '#if defined(__GNUC__) && !defined(__clang__)',
  '#pragma GCC optimize("no-schedule-insns")',
  '#endif',
];

/** Start of the definitions for kernels that use an extension. */
export function extensionLines({ name, macro, core, header }: ArmExtension): string[] {
  return [
    `#if !defined(${macro})`,
    `#error "this file needs ${name}: compile with -mcpu=${core} or the like"`,
    '#endif',
    `#include <${header}>`,
    '#include <string.h>',
    '',
    ...keepOrder,
    '',
  ];
}
