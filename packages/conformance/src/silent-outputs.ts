import { isFloat, type Tensor, toNumbers } from '@ghostc/ir';
import type { DataSet } from './verification.ts';

/**
 * Float outputs whose elements are all the same number, and that number: an engine that computes nothing may
 * produce it too.
 */
export function silentOutputs(dataSets: readonly DataSet[]): Map<string, number> {
  const silent = new Map<string, number>();
  for (const name of dataSets[0]?.outputs.keys() ?? []) {
    const tensors = dataSets.flatMap(({ outputs }) => outputs.get(name) ?? []);
    const first = tensors[0] && toNumbers(tensors[0])[0];
    if (first !== undefined && tensors.every((tensor) => isConstant(tensor, first))) silent.set(name, first);
  }
  return silent;
}

/** Scalars are not considered: they may rightly be the same each time. */
function isConstant(tensor: Tensor, value: number): boolean {
  const numbers = toNumbers(tensor);
  return isFloat(tensor.dtype) && numbers.length > 1 && numbers.every((one) => Object.is(one, value));
}
