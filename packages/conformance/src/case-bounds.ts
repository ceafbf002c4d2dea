import { type Tensor, toNumbers } from '@ghostc/ir';
import { allowedBy, largestMagnitude, type Tolerance } from './compare.ts';
import { caseTask } from './conform.ts';
import { roundingOf, toleranceOf } from './judge-outputs.ts';
import type { Tensors } from './runtime.ts';
import type { ConformanceCase } from './suite.ts';

/** The expected value of one output, and how far each element may be off. */
export interface BoundedExpectation {
  readonly expected: Tensor;
  /** f32, of the output's shape: in a correct engine |actual - expected| is at most this. */
  readonly bound: Tensor;
  /** Why this much. */
  readonly reason: string;
  /** f32: what random rounding explains. An output beyond it is suspicious; absent if rounding gives no limit. */
  readonly typical?: Tensor;
}

/** Inputs of a case and its outputs, each with the bound on its elements. */
export interface BoundedSet {
  readonly inputs: Tensors;
  readonly outputs: ReadonlyMap<string, BoundedExpectation>;
}

/** A case as data, for runners that have only files. */
export function caseBounds(one: ConformanceCase): BoundedSet[] {
  const task = caseTask(one);
  return task.dataSets.map((set) => ({
    inputs: set.inputs,
    outputs: new Map(
      [...set.outputs].map(([name, expected]) => {
        const question = { set, name, expected, task };
        const hard = toleranceOf(question);
        const typical = one.exact ? undefined : roundingOf(question);
        return [
          name,
          {
            expected,
            bound: boundTensor(hard, expected),
            reason: hard.reason,
            ...(typical?.bound && { typical: boundTensor(typical, expected) }),
          },
        ];
      }),
    ),
  }));
}

function boundTensor(tolerance: Tolerance, expected: Tensor): Tensor {
  const allowed = allowedBy(tolerance, expected.dtype, largestMagnitude(toNumbers(expected)));
  const data = Float32Array.from({ length: expected.data.length }, (_, i) => roundedUp(allowed(i)));
  return { dtype: 'f32', shape: expected.shape, data };
}

/** The next float32 that is not smaller. */
function roundedUp(value: number): number {
  const near = Math.fround(value);
  return near >= value ? near : near * (1 + 2 ** -23);
}
