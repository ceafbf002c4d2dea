import { type Node, numElements, type Shape, staticShape, stridesOf } from '@ghostc/ir';
import {
  attrsOf,
  concat as concatOp,
  gather as gatherOp,
  normalAxis,
  padElement,
  pad as padOp,
  slice as sliceOp,
  sliceRanges,
  transpose as transposeOp,
} from '@ghostc/ops';
import type { Emit, KernelContext, Step } from '../../kernel.ts';
import { broadcastStrides, collapseNest } from '../../strided-nest.ts';
import { nestText } from '../../text/nest-text.ts';
import { sourceOf } from '../operands.ts';
import { padTaps } from '../pad.ts';
import { resizeTaps } from '../resize.ts';
import { byteStep } from './byte-step.ts';
import { byteText } from './integer-text.ts';

/** Output element [i, j, ...] is byte first + i strides[0] + j strides[1] + ... of the input. */
function stridedStep({ node, arena }: KernelContext, first: number, strides: readonly number[]): Step {
  const nest = collapseNest({ dims: staticShape(node.output.type.shape), strides: [strides] });
  const index = nestText(nest, { a: arena(sourceOf(node, 0)) * 4 + first });
  return byteStep({
    id: `copy_bytes_${nest.dims.length}d`,
    functions: [byteText('i8'), `fn value(item: i32) -> i32 {\n${index.text}\nreturn byte(a);\n}`],
    ints: index.ints,
    output: node.output,
    at: arena(node.output),
  });
}

const inputShape = (node: Node): number[] => staticShape(sourceOf(node, 0).type.shape);

export const slice: Emit = (context) => {
  const shape = inputShape(context.node);
  const ranges = sliceRanges(shape, attrsOf(sliceOp, context.node));
  const strides = stridesOf(shape);
  const first = strides.reduce((sum, stride, axis) => sum + stride * (ranges[axis]?.start ?? 0), 0);
  return [
    stridedStep(
      context,
      first,
      strides.map((stride, axis) => stride * (ranges[axis]?.step ?? 1)),
    ),
  ];
};

export const transpose: Emit = (context) => {
  const from = stridesOf(inputShape(context.node));
  return [
    stridedStep(
      context,
      0,
      attrsOf(transposeOp, context.node).perm.map((axis) => from[axis] ?? 1),
    ),
  ];
};

export const expand: Emit = (context) => {
  const to = staticShape(context.node.output.type.shape);
  return [stridedStep(context, 0, broadcastStrides(inputShape(context.node), to))];
};

/** Indices are held as float32. */
export const gather: Emit = ({ node, arena }) => {
  const shape = inputShape(node);
  const axis = normalAxis(attrsOf(gatherOp, node).axis, shape.length);
  return [
    byteStep({
      id: 'pick_bytes',
      functions: [byteText('i8'), gatherValue],
      ints: {
        X_AT: arena(sourceOf(node, 0)) * 4,
        I_AT: arena(sourceOf(node, 1)),
        INNER: numElements(shape.slice(axis + 1)),
        SIZE: shape[axis] ?? 1,
        PICKS: numElements(staticShape(sourceOf(node, 1).type.shape)),
      },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};

const gatherValue = `fn value(e: i32) -> i32 {
let i = i32(bitcast<f32>(arena[I_AT + e / INNER % PICKS]));
let pick = clamp(select(i, i + SIZE, i < 0), 0, SIZE - 1);
return byte(X_AT + (e / (INNER * PICKS) * SIZE + pick) * INNER + e % INNER);
}`;

/** For a reshape whose output could not be a view. */
export const reshape: Emit = (context) => [
  stridedStep(context, 0, stridesOf(staticShape(context.node.output.type.shape))),
];

/**
 * For concats that the plan could not place: all parts in one dispatch, since parts may meet inside a word. The table has
 * for each part its end along a row of the output, its length there, and the byte where it starts.
 */
export const concat: Emit = ({ node, arena, weights }) => {
  const shape = staticShape(node.output.type.shape);
  const axis = normalAxis(attrsOf(concatOp, node).axis, shape.length);
  const rowOf = (from: Shape): number => numElements(from.slice(axis));
  let end = 0;
  const table = node.inputs.flatMap((_, i) => {
    const part = sourceOf(node, i);
    const length = rowOf(part.type.shape);
    end += length;
    return [end, length, arena(part) * 4];
  });
  return [
    byteStep({
      id: 'concat_bytes',
      functions: [byteText('i8'), concatValue],
      ints: { ROW: rowOf(shape), T_AT: weights(Int32Array.from(table)) },
      output: node.output,
      at: arena(node.output),
    }),
  ];
};

const concatValue = `fn value(e: i32) -> i32 {
let r = e % ROW;
var t = T_AT;
while (r >= weights[t]) {
t += 3;
}
let length = weights[t + 1];
return byte(weights[t + 2] + e / ROW * length + r - weights[t] + length);
}`;

/** Output element [i, j, ...] is input element [source(i), source(j), ...], or `fill` where one of them is negative. */
function tableStep(
  { node, arena, weights }: KernelContext,
  source: (i: number, axis: number) => number,
  fill: number,
): Step {
  const to = staticShape(node.output.type.shape);
  const strides = stridesOf(inputShape(node));
  const ints: Record<string, number> = {};
  const lines = to.map((size, axis) => {
    const steps = Int32Array.from({ length: size }, (_, i) => {
      const index = source(i, axis);
      return index < 0 ? -1 : index * (strides[axis] ?? 1);
    });
    ints[`D${axis}`] = size;
    ints[`T${axis}`] = weights(steps);
    return `let s${axis} = weights[T${axis} + rest % D${axis}];\nrest = rest / D${axis};\ninside = inside && s${axis} >= 0;\nat += s${axis};`;
  });
  return byteStep({
    id: `gather_bytes_${to.length}d`,
    functions: [
      byteText('i8'),
      `fn value(e: i32) -> i32 {
var rest = e;
var inside = true;
var at = X_AT;
${lines.reverse().join('\n')}
if (inside) {
return byte(at);
}
return FILL;
}`,
    ],
    ints: { X_AT: arena(sourceOf(node, 0)) * 4, FILL: fill, ...ints },
    output: node.output,
    at: arena(node.output),
  });
}

export const pad: Emit = (context) => {
  const { node } = context;
  const taps = padTaps(node);
  return [tableStep(context, taps, padElement(sourceOf(node, 0).type, attrsOf(padOp, node).value))];
};

/** Nearest only: linear interpolation of integers is `qlinear_resize`. */
export const resize: Emit = (context) => {
  const taps = resizeTaps(context.node);
  return [tableStep(context, (i, axis) => taps(i, axis).low, 0)];
};
