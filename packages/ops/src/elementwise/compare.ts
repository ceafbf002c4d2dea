import type { TensorType } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { wideElements } from '../wide-elements.ts';
import { pairsOf, pairType, truths } from './binary.ts';

type Relation = (a: number, b: number) => boolean;

/** Defines a relation between elements, broadcast as in NumPy: the result is `bool`. False for NaN. */
function comparison(name: string, relation: Relation) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    attrs: {},
    traits: ['elementwise', 'binary', 'exact', 'comparison'],
    infer: ({ a, b }) => ({ ...pairType(name, a, b), dtype: 'bool' }),
    evaluate({ a, b }, _attrs, [type]) {
      const [left, right] = [wideElements(a), wideElements(b)];
      return truths(pairsOf(a, b, type as TensorType), (i, j) =>
        relation(left[i] as number, right[j] as number),
      );
    },
  });
}

/** Whether a = b, broadcast: bool. */
export const equal = comparison('equal', (a, b) => a === b);
/** Whether a < b, broadcast: bool. */
export const less = comparison('less', (a, b) => a < b);
/** Whether a <= b, broadcast: bool. */
export const lessEqual = comparison('less_equal', (a, b) => a <= b);
