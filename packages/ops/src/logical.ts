import { broadcastShapes, CompileError, fromNumbers, staticShape, type TensorType } from '@ghostc/ir';
import { broadcastIndex } from './binary.ts';
import { defineOp } from './define-op.ts';

function requireBool(types: readonly TensorType[], name: string): void {
  for (const { dtype } of types)
    if (dtype !== 'bool') throw new CompileError('op/dtype', `${name} expects bool, found ${dtype}`);
}

/** Defines a connective of two `bool` tensors with broadcasting. */
function connective(name: string, formula: (a: boolean, b: boolean) => boolean) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    attrs: {},
    traits: ['elementwise', 'binary', 'commutative', 'exact'],
    infer({ a, b }) {
      requireBool([a, b], name);
      return { dtype: 'bool', shape: broadcastShapes(a.shape, b.shape) };
    },
    evaluate({ a, b }, _attrs, [type]) {
      const shape = staticShape((type as TensorType).shape);
      const [indexA, indexB] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
      const count = shape.reduce((product, dim) => product * dim, 1);
      const out = Uint8Array.from({ length: count }, (_, i) =>
        formula(Boolean(a.data[indexA(i)]), Boolean(b.data[indexB(i)])) ? 1 : 0,
      );
      return fromNumbers('bool', shape, out);
    },
  });
}

export const logicalAnd = connective('logical_and', (a, b) => a && b);
export const logicalOr = connective('logical_or', (a, b) => a || b);
export const logicalXor = connective('logical_xor', (a, b) => a !== b);

export const logicalNot = defineOp({
  name: 'logical_not',
  inputs: ['x'],
  attrs: {},
  traits: ['elementwise', 'unary', 'exact'],
  infer({ x }) {
    requireBool([x], 'logical_not');
    return { dtype: 'bool', shape: x.shape };
  },
  evaluate: ({ x }) =>
    fromNumbers(
      'bool',
      x.shape,
      Uint8Array.from(x.data as Uint8Array, (v) => (v ? 0 : 1)),
    ),
});
