import { attrsOf, matmulMultiplier, qlinearMatmul } from '@ghostc/ops';
import type { Emit } from '../../kernel.ts';
import { productNest } from '../matmul.ts';
import { sourceOf } from '../operands.ts';
import { fixedInts, operandsStep } from './elementwise.ts';

/** An output at a time; the axes before the last two broadcast. */
export const matmul: Emit = (context) => {
  const { node } = context;
  const attrs = attrsOf(qlinearMatmul, node);
  const { nest, inner, columns } = productNest(node);
  const fixed = matmulMultiplier(sourceOf(node, 0).type, sourceOf(node, 1).type, attrs);
  return [
    operandsStep(context, {
      id: 'qlinear_matmul',
      attrs,
      nest,
      lines: `var sum = 0;
for (var k = 0; k < K; k++) {
sum += (byte(a + k) - ZA) * (byte(b + k * COLUMNS) - ZB);
}
return limited(scaled(sum, M_Y, S_Y));`,
      ints: { K: inner, COLUMNS: columns, ...fixedInts('Y', fixed) },
    }),
  ];
};
