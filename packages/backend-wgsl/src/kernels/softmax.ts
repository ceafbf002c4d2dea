import { numElements, staticShape, stridesOf } from '@ghostc/ir';
import { attrsOf, normalAxis, softmax as softmaxOp } from '@ghostc/ops';
import type { Emit } from '../kernel.ts';
import { fromBits } from '../text/from-bits.ts';
import { isNan } from '../text/is-nan.ts';
import { sourceOf } from './operands.ts';

/** exp(x - max) / sum(exp(x - max)): one row along the axis an invocation; the exponentials wait in the output. */
export const softmax: Emit = ({ node, arena }) => {
  const shape = staticShape(node.output.type.shape);
  const axis = normalAxis(attrsOf(softmaxOp, node).axis, shape.length);
  const [size = 1, step = 1] = [shape[axis], stridesOf(shape)[axis]];
  return [
    {
      id: 'softmax',
      arena: 'f32',
      weights: 'f32',
      functions: [fromBits],
      body,
      ints: { X_AT: arena(sourceOf(node, 0)), Y_AT: arena(node.output), SIZE: size, STEP: step },
      count: numElements(shape) / size,
    },
  ];
};

const body = `let first = item / STEP * STEP * SIZE + item % STEP;
var top = arena[X_AT + first];
for (var i = 1; i < SIZE; i++) {
let v = arena[X_AT + first + i * STEP];
top = select(top, v, v > top || ${isNan('f32', 'v')});
}
// of NaN, infinity and -infinity all of the row is NaN; WGSL leaves exp of it open
var total = select(0.0, from_bits(0x7fc00000u), (bitcast<u32>(top) & 0x7f800000u) == 0x7f800000u);
for (var chunk = 0; chunk < SIZE; chunk += 64) {
var part = 0.0;
for (var i = chunk; i < min(chunk + 64, SIZE); i++) {
let e = exp(arena[X_AT + first + i * STEP] - top);
arena[Y_AT + first + i * STEP] = e;
part += e;
}
total += part;
}
for (var i = 0; i < SIZE; i++) {
let at = Y_AT + first + i * STEP;
arena[at] = arena[at] / total;
}`;
