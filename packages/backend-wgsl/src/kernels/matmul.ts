import { type Node, numElements, staticShape, stridesOf } from '@ghostc/ir';
import type { Emit } from '../kernel.ts';
import { broadcastStrides, collapseNest, type StridedNest } from '../strided-nest.ts';
import { nestText } from '../text/nest-text.ts';
import { sourceOf } from './operands.ts';

interface ProductNest {
  /** Over the outputs, with strides of a's row and b's column; the axes before the last two broadcast. */
  readonly nest: StridedNest;
  /** Factors of an output. */
  readonly inner: number;
  readonly columns: number;
}

/** The walk of a product of matrices. */
export function productNest(node: Node, ...more: readonly (readonly number[])[]): ProductNest {
  const dims = staticShape(node.output.type.shape);
  const [a, b] = [sourceOf(node, 0), sourceOf(node, 1)];
  const [shapeA, shapeB] = [staticShape(a.type.shape), staticShape(b.type.shape)];
  const inner = shapeA.at(-1) ?? 1;
  const [rows, columns] = [shapeA.at(-2) ?? 1, shapeB.at(-1) ?? 1];
  const outer = dims.slice(0, -2);
  const batch = (shape: readonly number[], size: number): number[] =>
    broadcastStrides(shape.slice(0, -2), outer).map((stride) => stride * size);
  const stridesA = [...batch(shapeA, rows * inner), inner, 0];
  const stridesB = [...batch(shapeB, inner * columns), 0, 1];
  return { nest: collapseNest({ dims, strides: [...more, stridesA, stridesB] }), inner, columns };
}

/** One output an invocation. */
export const matmul: Emit = ({ node, place, arena }) => {
  const dims = staticShape(node.output.type.shape);
  const [placeA, placeB] = [place(sourceOf(node, 0)), place(sourceOf(node, 1))];
  const { nest, inner, columns } = productNest(node, stridesOf(dims));
  const index = nestText(nest, { y: arena(node.output), a: placeA.offset, b: placeB.offset });
  return [
    {
      id: ['matmul', `${nest.dims.length}d`, placeA.buffer, placeB.buffer].join('_'),
      arena: 'f32',
      weights: 'f32',
      body: `${index.text}
var sum = 0.0;
for (var k = 0; k < K; k++) {
sum += ${placeA.buffer}[a + k] * ${placeB.buffer}[b + k * COLUMNS];
}
arena[y] = sum;`,
      ints: { ...index.ints, K: inner, COLUMNS: columns },
      count: numElements(dims),
    },
  ];
};
