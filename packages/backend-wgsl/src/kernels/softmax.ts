import { numElements, staticShape, stridesOf } from '@ghostc/ir';
import { attrsOf, normalAxis, softmax as softmaxOp } from '@ghostc/ops';
import type { Kernel, KernelContext, Step } from '../kernel.ts';
import { fromBits } from '../text/from-bits.ts';
import { isNan } from '../text/is-nan.ts';
import { groupSize } from '../text/module-text.ts';
import { sourceOf } from './operands.ts';
import { foldedByAll, isLongRow, partialNumbers } from './wide/parts.ts';

/** exp(x - max) / sum(exp(x - max)) of one row along the axis; the exponentials wait in the output. */
export const softmax: Kernel = {
  emit: (context) => [step(context)],
  emitWide: (context) => {
    const narrow = step(context);
    if (!isLongRow(narrow.ints.SIZE ?? 0)) return [narrow];
    const functions = [fromBits, partialNumbers];
    return [{ ...narrow, id: 'softmax_wide', functions, body: wideBody, group: groupSize }];
  },
};

function step({ node, arena }: KernelContext): Step {
  const shape = staticShape(node.output.type.shape);
  const axis = normalAxis(attrsOf(softmaxOp, node).axis, shape.length);
  const [SIZE = 1, STEP = 1] = [shape[axis], stridesOf(shape)[axis]];
  return {
    id: 'softmax',
    functions: [fromBits],
    body,
    arena: 'f32',
    weights: 'f32',
    ints: { X_AT: arena(sourceOf(node, 0)), Y_AT: arena(node.output), SIZE, STEP },
    count: numElements(shape) / SIZE,
  };
}

// of NaN, infinity and -infinity all of the row is NaN; WGSL leaves exp of it open
const emptySum = 'select(0.0, from_bits(0x7fc00000u), (bitcast<u32>(top) & 0x7f800000u) == 0x7f800000u)';

/** A row an invocation. */
const body = `let first = item / STEP * STEP * SIZE + item % STEP;
var top = arena[X_AT + first];
for (var i = 1; i < SIZE; i++) {
let v = arena[X_AT + first + i * STEP];
top = select(top, v, v > top || ${isNan('f32', 'v')});
}
var total = ${emptySum};
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

const larger = (a: string, b: string): string => `select(${a}, ${b}, (${b} > ${a}) || ${isNan('f32', b)})`;

/** A row a workgroup, whose invocations take turns; the barriers let all read a result before it is replaced. */
const wideBody = `let first = tile / STEP * STEP * SIZE + tile % STEP;
var highest = from_bits(0xff800000u);
for (var i = lane; i < SIZE; i += ${groupSize}) {
let v = arena[X_AT + first + i * STEP];
highest = ${larger('highest', 'v')};
}
${foldedByAll('highest', larger)}
let top = partial[0];
workgroupBarrier();
var part = 0.0;
for (var i = lane; i < SIZE; i += ${groupSize}) {
let e = exp(arena[X_AT + first + i * STEP] - top);
arena[Y_AT + first + i * STEP] = e;
part += e;
}
${foldedByAll('part', (a, b) => `${a} + ${b}`)}
let total = partial[0] + ${emptySum};
for (var i = lane; i < SIZE; i += ${groupSize}) {
let at = Y_AT + first + i * STEP;
arena[at] = arena[at] / total;
}`;
