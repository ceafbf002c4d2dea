import { affineOf, attrsOf, matmulMultiplier, qlinearMatmul } from '@ghostc/ops';
import type { Emit } from '../../kernel.ts';
import { nestText } from '../../text/nest-text.ts';
import { productNest } from '../matmul.ts';
import { sourceOf } from '../operands.ts';
import { byteStep, limits } from './byte-step.ts';
import { byteText, limitedText, scaledText } from './integer-text.ts';

/** An output at a time; the axes before the last two broadcast. */
export const matmul: Emit = ({ node, arena }) => {
  const attrs = attrsOf(qlinearMatmul, node);
  const [a, b] = [sourceOf(node, 0), sourceOf(node, 1)];
  const { nest, inner, columns } = productNest(node);
  const index = nestText(nest, { a: arena(a) * 4, b: arena(b) * 4 });
  const { multiplier, shift } = matmulMultiplier(a.type, b.type, attrs);
  return [
    byteStep({
      id: `qlinear_matmul_${attrs.rounding}_${nest.dims.length}d_${a.type.dtype}`,
      functions: [
        byteText(a.type.dtype),
        scaledText(attrs.rounding),
        limitedText,
        `fn value(item: i32) -> i32 {
${index.text}
var sum = 0;
for (var k = 0; k < K; k++) {
sum += (byte(a + k) - ZA) * (byte(b + k * COLUMNS) - ZB);
}
return limited(scaled(sum, M_Y, S_Y));
}`,
      ],
      ints: {
        ...index.ints,
        K: inner,
        COLUMNS: columns,
        ZA: affineOf(a.type, 'a').zeroPoint,
        ZB: affineOf(b.type, 'b').zeroPoint,
        M_Y: multiplier,
        S_Y: shift,
        ...limits(attrs),
      },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};
