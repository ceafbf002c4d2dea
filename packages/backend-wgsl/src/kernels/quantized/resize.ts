import { staticShape } from '@ghostc/ir';
import { attrsOf, type BilinearTap, bilinearTaps, qlinearResize } from '@ghostc/ops';
import type { Emit } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { byteStep } from './byte-step.ts';
import { byteText } from './integer-text.ts';

/** Tables [low, high, part] of rows and columns; the weights of the four neighbours have 20 bits, ties go away from zero. */
const valueText = `fn between(row: i32, q: i32) -> i32 {
let part = weights[q + 2];
return byte(row + weights[q]) * (1024 - part) + byte(row + weights[q + 1]) * part;
}

fn value(e: i32) -> i32 {
let column = COLUMNS_AT + e % OW * 3;
let row = ROWS_AT + (e / OW) % OH * 3;
let plane = X_AT + e / (OW * OH) * H * W;
let part = weights[row + 2];
let low = between(plane + weights[row] * W, column);
let high = between(plane + weights[row + 1] * W, column);
let sum = low * (1024 - part) + high * part;
let size = (abs(sum) + 0x80000) >> 20u;
return select(size, -size, sum < 0);
}`;

export const bilinearResize: Emit = ({ node, arena, weights }) => {
  const x = sourceOf(node, 0);
  const attrs = attrsOf(qlinearResize, node);
  const [, , H = 1, W = 1] = staticShape(x.type.shape);
  const [OH = 1, OW = 1] = attrs.sizes;
  return [
    byteStep({
      id: `qlinear_resize_${x.type.dtype}`,
      functions: [byteText(x.type.dtype), valueText],
      ints: {
        X_AT: arena(x) * 4,
        ROWS_AT: weights(tableOf(bilinearTaps({ size: H, out: OH }, attrs))),
        COLUMNS_AT: weights(tableOf(bilinearTaps({ size: W, out: OW }, attrs))),
        H,
        W,
        OH,
        OW,
      },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};

function tableOf(taps: readonly BilinearTap[]): Int32Array {
  return Int32Array.from(taps.flatMap(({ low, high, part }) => [low, high, part]));
}
