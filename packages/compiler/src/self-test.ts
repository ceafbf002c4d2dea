import { type CProgram, type ExpectedOutput, selfTestInput, withSelfTest } from '@ghostc/backend-c';
import { type BoundedOutput, boundedRun } from '@ghostc/interpreter';
import { CompileError, type DType, entryOf, fromNumbers, type Graph, toNumbers } from '@ghostc/ir';

/**
 * Fraction of the largest element by which float outputs may be off if the derived bound is wider, as after
 * many layers.
 */
const FLOAT_TOLERANCE = 1e-4;

/**
 * The program of a lowered graph with a self-test: the expected outputs are the interpreter's, in double
 * precision.
 */
export function addSelfTest(program: CProgram, lowered: Graph): CProgram {
  if (program.form === 'fetch')
    throw new CompileError(
      'backend-c/weights',
      'a self-test has no function that fetches weights; expected weights c, bin or external with it, found fetch',
    );
  const inputs = new Map(lowered.inputs.map(({ name, type }, i) => [name, selfTestInput(type, i)]));
  const runs = boundedRun(lowered, inputs);
  return withSelfTest(
    program,
    lowered.outputs.map(({ name, value }) => expectedOf(entryOf(runs, name), value.type.dtype)),
  );
}

/** Integers computed only from integers are exact; other integers may be a step off, floats within rounding. */
function expectedOf({ value, bound }: BoundedOutput, dtype: DType): ExpectedOutput {
  const numbers = toNumbers(value);
  const most = bound.reduce((a, b) => Math.max(a, b), 0);
  const typed = value.dtype === dtype ? value : fromNumbers(dtype, value.shape, numbers);
  if (!dtype.startsWith('f')) return { value: typed, tolerance: most > 0 ? 1 : 0 };
  const largest = Array.from(numbers).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const rounding = 2 ** -24 * largest + 2 ** -126;
  return { value: typed, tolerance: Math.min(most, FLOAT_TOLERANCE * largest) + rounding };
}
