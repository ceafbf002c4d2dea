import { numElements, stridesOf } from '@ghostc/ir';
import {
  attrsOf,
  concat as concatOp,
  normalAxis,
  slice as sliceOp,
  sliceRanges,
  transpose as transposeOp,
} from '@ghostc/ops';
import { cType } from '../c-type.ts';
import type { Emit, KernelCall, KernelContext } from '../kernel.ts';
import { affine, collapse, nest } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

/** y, row-major, takes x[offset + sum of index * strides]. */
function gather(
  context: KernelContext,
  op: string,
  from: { readonly strides: readonly number[]; readonly offset: number },
): KernelCall {
  const { node, pointer } = context;
  const shape = shapeOf(node.output);
  const type = cType(node.output.type.dtype);
  const walk = collapse({ dims: shape, strides: [stridesOf(shape), from.strides] });
  const [to = [], source = []] = walk.strides;
  return {
    fn: {
      hint: `${op}_${walk.dims.join('x') || '1'}`,
      params: [`const ${type} *x`, `${type} *y`],
      body: nest(walk.dims, (index) => [
        `y[${affine(index, to)}] = x[${affine(index, source, from.offset)}];`,
      ]),
    },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
}

/** A reshape that the planner could not make a view: a copy. */
export const reshape: Emit = (context) =>
  gather(context, 'copy', { strides: stridesOf(shapeOf(context.node.output)), offset: 0 });

export const transpose: Emit = (context) => {
  const strides = stridesOf(shapeOf(input(context.node, 0)));
  const { perm } = attrsOf(transposeOp, context.node);
  return gather(context, 'transpose', { strides: perm.map((axis) => strides[axis] ?? 0), offset: 0 });
};

export const slice: Emit = (context) => {
  const shape = shapeOf(input(context.node, 0));
  const strides = stridesOf(shape);
  const ranges = sliceRanges(shape, attrsOf(sliceOp, context.node));
  const offset = ranges.reduce((sum, range, axis) => sum + (range?.start ?? 0) * (strides[axis] ?? 0), 0);
  return gather(context, 'slice', {
    strides: strides.map((stride, axis) => stride * (ranges[axis]?.step ?? 1)),
    offset,
  });
};

/** A concat that the planner could not elide: one copy per input. */
export const concat: Emit = ({ node, pointer }) => {
  const axis = normalAxis(attrsOf(concatOp, node).axis, shapeOf(node.output).length);
  const outer = numElements(shapeOf(node.output).slice(0, axis));
  const row = numElements(shapeOf(node.output).slice(axis));
  const type = cType(node.output.type.dtype);
  const parts = node.inputs.map((_, i) => numElements(shapeOf(input(node, i)).slice(axis)));
  return {
    fn: {
      hint: `concat_${outer}x${row}`,
      params: [...parts.map((_, i) => `const ${type} *x${i}`), `${type} *y`],
      body: parts.flatMap((part, i) =>
        copyPart({ i, outer, row, part, at: parts.slice(0, i).reduce((sum, size) => sum + size, 0) }),
      ),
    },
    args: [...node.inputs.map((_, i) => pointer(input(node, i))), pointer(node.output)],
  };
};

interface Part {
  readonly i: number;
  readonly outer: number;
  readonly row: number;
  readonly part: number;
  readonly at: number;
}

function copyPart({ i, outer, row, part, at }: Part): string[] {
  return nest([outer, part], (index) => [
    `y[${affine(index, [row, 1], at)}] = x${i}[${affine(index, [part, 1])}];`,
  ]);
}
