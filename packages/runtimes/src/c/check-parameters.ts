import type { CProgram } from '@ghostc/backend-c';
import { CompileError } from '@ghostc/ir';

/** GCC takes quadratic time over them: 1,000 in 1.5 s, 4,000 in 23 s. C99 promises 127. */
const MOST_PARAMETERS = 1024;

/** Throws `run/work` where a compiler would be busy for long with the parameters of the run function. */
export function checkParameters({
  name,
  inputs,
  outputs,
}: Pick<CProgram, 'name' | 'inputs' | 'outputs'>): void {
  const found = [...inputs, ...outputs].filter(({ offset }) => offset === undefined).length;
  if (found <= MOST_PARAMETERS) return;
  throw new CompileError(
    'run/work',
    `${name}_run takes ${found} inputs and outputs, expected at most ${MOST_PARAMETERS} where it is compiled here`,
  );
}
