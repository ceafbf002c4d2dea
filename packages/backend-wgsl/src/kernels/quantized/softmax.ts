import { staticShape, stridesOf } from '@ghostc/ir';
import { attrsOf, exponentialTable, integerRange, normalAxis, qlinearSoftmax } from '@ghostc/ops';
import type { Emit } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { byteStep } from './byte-step.ts';
import { byteText, doublingText } from './integer-text.ts';

/**
 * 1 / (1 + a) in Q0.31 for a in [0, 1), Q0.31: Newton's iteration from 48/17 - 32/17 (1 + a) / 2, as `reciprocalOfSum` of
 * @ghostc/ops.
 */
const reciprocalText = `fn one_over_one_plus(a: i32) -> i32 {
let half = (a >> 1u) + 0x40000000;
var x = 1515870810 + doubled(-1010580540, half);
for (var i = 0; i < 3; i++) {
x += raised(doubled((1 << 29u) - doubled(half, x), x), 2u);
}
return raised(x, 1u);
}`;

/**
 * For the row whose first element is `row`: its maximum, the reciprocal of its sum, and the shift for the
 * quotient.
 */
const rowText = `var<private> row: i32 = -1;
var<private> top: i32;
var<private> reciprocal: i32;
var<private> right: u32;

fn enter(first: i32) {
row = first;
top = -1000;
for (var i = 0; i < SIZE; i++) {
top = max(top, byte(X_AT + first + i * STRIDE));
}
var sum = 0u;
for (var i = 0; i < SIZE; i++) {
sum += (u32(weights[E_AT + top - byte(X_AT + first + i * STRIDE)]) + 2048u) >> 12u;
}
let headroom = countLeadingZeros(sum);
reciprocal = one_over_one_plus(i32((sum << headroom) & 0x7fffffffu));
right = 35u - headroom;
}`;

/** A shift of 32 and more leaves nothing of a number below 2^31. */
const valueText = `fn value(e: i32) -> i32 {
let first = e - (e / STRIDE) % SIZE * STRIDE;
if (first != row) {
enter(first);
}
let product = u32(doubled(weights[E_AT + top - byte(X_AT + e)], reciprocal));
let rounded = (product + (1u << ((right - 1u) & 31u))) >> (right & 31u);
return min(i32(select(rounded, 0u, right > 31u)) + LO, HI);
}`;

/** TFLite's integer softmax: exponentials of all 256 differences to the maximum are a table among the weights. */
export const softmax: Emit = ({ node, arena, weights }) => {
  const x = sourceOf(node, 0);
  const attrs = attrsOf(qlinearSoftmax, node);
  const shape = staticShape(x.type.shape);
  const axis = normalAxis(attrs.axis, shape.length);
  const [low, high] = integerRange(attrs.y_dtype);
  return [
    byteStep({
      id: `qlinear_softmax_${x.type.dtype}`,
      functions: [byteText(x.type.dtype), doublingText, reciprocalText, rowText, valueText],
      ints: {
        X_AT: arena(x) * 4,
        E_AT: weights(exponentialTable(x.type, attrs.beta).exponentials),
        SIZE: shape[axis] ?? 1,
        STRIDE: stridesOf(shape)[axis] ?? 1,
        LO: low,
        HI: high,
      },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};
