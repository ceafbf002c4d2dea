import { defineOp } from '../define-op.ts';
import { wideElements } from '../wide-elements.ts';
import { pairsOf, pairType, truths } from './binary.ts';

type Relation = (a: number | bigint, b: number | bigint) => boolean;

/** Defines a relation between elements, broadcast as in NumPy: the result is `bool`. False for NaN. */
function comparison<const N extends string>(name: N, relation: Relation) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    attrs: {},
    traits: ['elementwise', 'binary', 'exact', 'comparison'],
    computed: 'general',
    integerForm: { kind: 'none' },
    onIntegers: 'moved',
    error: { kind: 'compared' },
    ulp: 0,
    storage: 'in-place',
    rows: 'same',
    channels: 'same',
    epilogue: { kind: 'none' },
    factor: 'stopped',
    nan: 'false',
    random: { place: 'none', domain: 'any', attrs: {} },
    infer: ({ a, b }) => ({ ...pairType(name, a, b), dtype: 'bool' }),
    evaluate({ a, b }, _attrs, [type]) {
      const [left, right] = [wideElements(a), wideElements(b)];
      return truths(pairsOf(a, b, type), (i, j) => relation(left[i] ?? 0, right[j] ?? 0));
    },
  });
}

/** Whether a = b, broadcast: bool. */
export const equal = comparison('equal', (a, b) => a === b);
/** Whether a < b, broadcast: bool. */
export const less = comparison('less', (a, b) => a < b);
/** Whether a <= b, broadcast: bool. */
export const lessEqual = comparison('less_equal', (a, b) => a <= b);
