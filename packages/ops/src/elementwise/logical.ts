import { broadcastShapes, CompileError, dataOf, fromNumbers, type TensorType } from '@ghostc/ir';
import { defineOp } from '../define-op.ts';
import { pairsOf, truths } from './binary.ts';

function requireBool(types: readonly TensorType[], name: string): void {
  for (const { dtype } of types)
    if (dtype !== 'bool') throw new CompileError('op/dtype', `${name} expects bool, found ${dtype}`);
}

/** Defines a connective of two `bool` tensors with broadcasting. */
function connective<const N extends string>(name: N, formula: (a: boolean, b: boolean) => boolean) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    attrs: {},
    traits: ['elementwise', 'binary', 'commutative', 'exact'],
    computed: 'general',
    integerForm: { kind: 'none' },
    onIntegers: 'moved',
    error: { kind: 'exact' },
    ulp: 0,
    storage: 'in-place',
    rows: 'same',
    channels: 'same',
    epilogue: { kind: 'none' },
    factor: 'stopped',
    nan: 'none',
    random: { place: 'none', domain: 'any', attrs: {} },
    infer({ a, b }) {
      requireBool([a, b], name);
      return { dtype: 'bool', shape: broadcastShapes(a.shape, b.shape) };
    },
    evaluate: ({ a, b }, _attrs, [type]) =>
      truths(pairsOf(a, b, type), (i, j) => formula(Boolean(a.data[i]), Boolean(b.data[j]))),
  });
}

/** a and b, bools, broadcast. */
export const logicalAnd = connective('logical_and', (a, b) => a && b);
/** a or b, bools, broadcast. */
export const logicalOr = connective('logical_or', (a, b) => a || b);
/** Whether exactly one of a and b is true, broadcast. */
export const logicalXor = connective('logical_xor', (a, b) => a !== b);

/** The opposite of each bool. */
export const logicalNot = defineOp({
  name: 'logical_not',
  inputs: ['x'],
  attrs: {},
  traits: ['elementwise', 'unary', 'exact'],
  computed: 'general',
  integerForm: { kind: 'none' },
  onIntegers: 'moved',
  error: { kind: 'exact' },
  ulp: 0,
  storage: 'in-place',
  rows: 'same',
  channels: 'same',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'none',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x }) {
    requireBool([x], 'logical_not');
    return { dtype: 'bool', shape: x.shape };
  },
  evaluate: ({ x }) =>
    fromNumbers(
      'bool',
      x.shape,
      dataOf(x, 'bool').map((v) => (v ? 0 : 1)),
    ),
});
