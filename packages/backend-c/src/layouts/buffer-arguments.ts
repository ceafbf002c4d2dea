import type { CProgram } from '../c-program.ts';
import { isBuffer } from '../run-parameters.ts';

/** Arguments of the run function for buffers `in0`, `in1`, ..., `out0`, ... after the `first` ones. */
export function bufferArguments({ inputs, outputs }: CProgram, first: readonly string[]): string[] {
  return [
    ...first,
    ...inputs.filter(isBuffer).map((_, i) => `in${i}`),
    ...outputs.filter(isBuffer).map((_, i) => `out${i}`),
  ];
}
