import {
  broadcastShapes,
  CompileError,
  fromNumbers,
  staticShape,
  type Tensor,
  type TensorType,
} from '@ghostc/ir';
import { broadcastIndex } from './binary.ts';
import { defineOp } from './define-op.ts';
import { wideElements } from './wide-elements.ts';

type Relation = (a: number, b: number) => boolean;

/** Defines a relation between elements, broadcast as in NumPy: the result is `bool`. False for NaN. */
function comparison(name: string, relation: Relation) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    attrs: {},
    traits: ['elementwise', 'binary', 'exact', 'comparison'],
    infer({ a, b }) {
      if (a.dtype !== b.dtype)
        throw new CompileError(
          'op/dtype',
          `${name} expects operands of one type, found ${a.dtype} and ${b.dtype}`,
        );
      return { dtype: 'bool', shape: broadcastShapes(a.shape, b.shape) };
    },
    evaluate: ({ a, b }, _attrs, [type]) => relate(a, b, { relation, type: type as TensorType }),
  });
}

function relate(a: Tensor, b: Tensor, { relation, type }: { relation: Relation; type: TensorType }): Tensor {
  const shape = staticShape(type.shape);
  const [left, right] = [wideElements(a), wideElements(b)];
  const [indexA, indexB] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  const count = shape.reduce((product, dim) => product * dim, 1);
  const out = Uint8Array.from({ length: count }, (_, i) =>
    relation(left[indexA(i)] as number, right[indexB(i)] as number) ? 1 : 0,
  );
  return fromNumbers('bool', shape, out);
}

export const equal = comparison('equal', (a, b) => a === b);
export const less = comparison('less', (a, b) => a < b);
export const lessEqual = comparison('less_equal', (a, b) => a <= b);
