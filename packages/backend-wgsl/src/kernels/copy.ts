import { numElements, staticShape, stridesOf } from '@ghostc/ir';
import {
  attrsOf,
  concat as concatOp,
  normalAxis,
  slice as sliceOp,
  sliceRanges,
  transpose as transposeOp,
} from '@ghostc/ops';
import type { Emit, Place, Step } from '../kernel.ts';
import { mapStep } from '../map-step.ts';
import type { StridedNest } from '../strided-nest.ts';
import { elementFunction } from '../text/element-function.ts';
import { sourceOf } from './operands.ts';

/** Copies a strided region; the nest has the strides of the target, then of the source. */
export function copyStep(target: Place, source: Place, nest: StridedNest): Step {
  return mapStep({
    id: 'copy',
    nest,
    places: [target, source],
    formula: () => 'a_v',
    apply: (lane) => elementFunction('none', lane),
  });
}

/** A copy of `count` neighbouring elements. */
export function flatCopyStep(target: Place, source: Place, count: number): Step {
  return copyStep(target, source, { dims: [count], strides: [[1], [1]] });
}

/** Integers among the weights to the arena, as words: floats may change the bits of what is no number. */
export function wordCopyStep(target: number, source: Place, count: number): Step {
  return {
    id: 'copy_words',
    arena: 'i32',
    weights: 'i32',
    body: 'arena[Y_AT + item] = weights[X_AT + item];',
    ints: { X_AT: source.offset, Y_AT: target },
    count,
  };
}

/** One dispatch an input, for concats that the plan could not place. */
export const concat: Emit = ({ node, place }) => {
  const strides = stridesOf(staticShape(node.output.type.shape));
  const axis = normalAxis(attrsOf(concatOp, node).axis, strides.length);
  const target = place(node.output);
  let start = 0;
  return node.inputs.map((_, i) => {
    const source = sourceOf(node, i);
    const dims = staticShape(source.type.shape);
    const offset = target.offset + start * (strides[axis] ?? 1);
    start += dims[axis] ?? 0;
    return copyStep({ ...target, offset }, place(source), { dims, strides: [strides, stridesOf(dims)] });
  });
};

/** Negative steps are negative strides. */
export const slice: Emit = ({ node, place }) => {
  const x = sourceOf(node, 0);
  const shape = staticShape(x.type.shape);
  const dims = staticShape(node.output.type.shape);
  const ranges = sliceRanges(shape, attrsOf(sliceOp, node));
  const source = place(x);
  const strides = stridesOf(shape);
  const first = strides.reduce(
    (sum, stride, axis) => sum + stride * (ranges[axis]?.start ?? 0),
    source.offset,
  );
  const steps = strides.map((stride, axis) => stride * (ranges[axis]?.step ?? 1));
  return [
    copyStep(place(node.output), { ...source, offset: first }, { dims, strides: [stridesOf(dims), steps] }),
  ];
};

export const transpose: Emit = ({ node, place }) => {
  const x = sourceOf(node, 0);
  const from = stridesOf(staticShape(x.type.shape));
  const dims = staticShape(node.output.type.shape);
  const permuted = attrsOf(transposeOp, node).perm.map((axis) => from[axis] ?? 1);
  return [copyStep(place(node.output), place(x), { dims, strides: [stridesOf(dims), permuted] })];
};

/** For a reshape whose output could not be a view. */
export const reshape: Emit = ({ node, place }) => {
  const x = sourceOf(node, 0);
  return [flatCopyStep(place(node.output), place(x), numElements(x.type.shape))];
};
