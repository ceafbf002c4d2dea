import { type DType, isStatic, type Shape, sameShape, staticShape, type Value } from '@ghostc/ir';
import type { NodeOf } from '@ghostc/ops';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// identity(x), dropout(x) at inference   =>   x
export const removeIdentity = rule({
  name: 'remove-identity',
  match: op('identity|dropout', any('x')),
  rewrite: ({ x }) => x,
});

// slice, reshape, pad, resize, cast or transpose that returns its input   =>   x
export const removeNoOp = rule({
  name: 'remove-no-op',
  match: op('slice|reshape|pad|resize|cast|transpose', any('x')).as('node'),
  unless: ({ x, node }) => {
    const { dtype, shape } = node.output.type;
    if (dtype !== x.type.dtype || !sameShape(shape, x.type.shape)) return 'it changes the type';
    if (node.op === 'slice' && (node.attrs.steps ?? []).some((step) => step < 0))
      return 'it reverses an axis';
    const moved =
      node.op === 'transpose' &&
      (node.attrs.perm ?? []).some((axis, i) => axis !== i && x.type.shape[axis] !== 1);
    return moved && 'it exchanges axes';
  },
  rewrite: ({ x }) => x,
});

// concat(x)   =>   x
export const removeSingleConcat = rule({
  name: 'remove-single-concat',
  match: op('concat', any('x')).as('concat').others(),
  unless: ({ concat }) => concat.inputs.length > 1 && `it joins ${concat.inputs.length} values`,
  rewrite: ({ x }) => x,
});

// concat(x, nothing, y)   =>   concat(x, y)
export const removeEmptyParts = rule({
  name: 'remove-empty-parts',
  match: op('concat').as('concat').others(),
  unless: ({ concat }) => !concat.inputs.some(isEmpty) && 'all parts have elements',
  rewrite: ({ concat }, build) =>
    build.node(
      'concat',
      concat.inputs.filter((part) => !isEmpty(part)),
      concat.attrs,
    ),
});

function isEmpty(part: Value | null): boolean {
  return !!part?.type.shape.every(isStatic) && part.type.shape.includes(0);
}

// reshape(reshape(x))   =>   reshape(x)
export const joinReshapes = rule({
  name: 'join-reshapes',
  match: op('reshape', op('reshape', any('x')).orShared()).as('outer'),
  unless: ({ outer }) => !outer.output.type.shape.every(isStatic) && 'the shape is symbolic',
  rewrite: ({ x, outer }, build) =>
    build.node('reshape', [x], { shape: staticShape(outer.output.type.shape) }),
});

// transpose(transpose(x, p), q)   =>   transpose(x, r),  r[i] = p[q[i]]
export const joinTransposes = rule({
  name: 'join-transposes',
  match: op('transpose', op('transpose', any('x')).as('inner').orShared()).as('outer'),
  rewrite({ x, inner, outer }, build) {
    const first = inner.attrs.perm ?? [];
    return build.node('transpose', [x], {
      perm: (outer.attrs.perm ?? []).map((axis) => first[axis] ?? 0),
    });
  },
});

// transpose(reshape(transpose(x, p)), q)   =>   reshape(x), where the reshape only adds or takes axes of size 1 and q undoes p
export const undoTranspose = rule({
  name: 'undo-transpose',
  match: op(
    'transpose',
    op('reshape', op('transpose', any('x')).as('inner').orShared())
      .as('between')
      .orShared(),
  ).as('outer'),
  unless({ x, inner, between, outer }) {
    const shapes = [inner, between].map(({ output }) => output.type.shape);
    if (![x.type.shape, ...shapes].flat().every(isStatic)) return 'a shape is symbolic';
    const [turned, same] = shapes.map((shape) => shape.filter((dim) => dim !== 1).join());
    if (turned !== same) return 'the reshape changes more than axes of size 1';
    const first = orderOf(inner);
    return (
      orderOf(outer).some((axis, i) => first[axis] !== i) && 'the second transpose does not undo the first'
    );
  },
  rewrite: ({ x, outer }, build) =>
    build.node('reshape', [x], { shape: staticShape(outer.output.type.shape) }),
});

// transpose(reshape(transpose(x, p)), q)   =>   transpose(reshape(x), r), where the reshape splits axes;
//                                               reshape(transpose(x, r)), where it joins axes
export const joinTransposesAcrossReshape = rule({
  name: 'join-transposes-across-reshape',
  match: op('transpose', op('reshape', op('transpose', any('x')).as('inner')).as('between')).as('outer'),
  unless({ inner, between }) {
    const [from, to] = [inner, between].map(({ output }) => output.type.shape);
    if (!from?.every(isStatic) || !to?.every(isStatic)) return 'a shape is symbolic';
    return !partsOfAxes(from, to) && !partsOfAxes(to, from) && 'the reshape does not only split or only join';
  },
  rewrite({ x, inner, between, outer }, build) {
    const [first, second] = [permOf(inner), permOf(outer)];
    const [from, to] = [inner, between].map(({ output }) => staticShape(output.type.shape)) as [
      number[],
      number[],
    ];
    const split = partsOfAxes(from, to);
    if (!split) {
      const joined = partsOfAxes(to, from) ?? [];
      const perm = second.flatMap((axis) => joined[axis] ?? []).map((axis) => first[axis] ?? 0);
      const moved = build.node('transpose', [x], { perm });
      return build.node('reshape', [moved], { shape: staticShape(outer.output.type.shape) });
    }
    // axes of the reshape in the order of x
    const order = [...first.keys()].flatMap((axis) => split[first.indexOf(axis)] ?? []);
    const whole = build.node('reshape', [x], { shape: order.map((axis) => to[axis] ?? 1) });
    return build.node('transpose', [whole], { perm: second.map((axis) => order.indexOf(axis)) });
  },
});

/** For each axis of a shape, the axes of the other that it is split into; null if a reshape does more. */
function partsOfAxes(from: Shape, to: Shape): number[][] | null {
  let at = 0;
  const parts = from.map((dim) => {
    const axes = dim === 1 && to[at] === 1 ? [at++] : [];
    for (let size = 1; size < Number(dim) && at < to.length; size *= Number(to[at++])) axes.push(at);
    return axes;
  });
  const last = parts.at(-1);
  while (last && to[at] === 1) last.push(at++);
  const fits = parts.every(
    (axes, i) => axes.reduce((size, axis) => size * Number(to[axis]), 1) === Number(from[i]),
  );
  return fits && at === to.length ? parts : null;
}

function permOf({ attrs }: NodeOf<'transpose'>): readonly number[] {
  return attrs.perm ?? [];
}

// transpose(x) of x whose other axes are 1   =>   reshape(x): no element moves
export const transposeToReshape = rule({
  name: 'transpose-to-reshape',
  match: op('transpose', any('x')).as('transpose'),
  unless: ({ transpose }) => {
    if (!transpose.output.type.shape.every(isStatic)) return 'the shape is symbolic';
    return orderOf(transpose).some((axis, i) => axis !== i) && 'elements move';
  },
  rewrite: ({ x, transpose }, build) =>
    build.node('reshape', [x], { shape: staticShape(transpose.output.type.shape) }),
});

/** The source axes of a transpose, ignoring axes of size 1. */
function orderOf({ attrs: { perm = [] }, inputs: [x] }: NodeOf<'transpose'>): number[] {
  const shape = x?.type.shape ?? [];
  const counted = [...shape.keys()].filter((axis) => shape[axis] !== 1);
  return perm.flatMap((axis) => (shape[axis] === 1 ? [] : [counted.indexOf(axis)]));
}

// cast(cast(x, wider), t)   =>   cast(x, t): the wider type holds every value of the narrower
export const joinCasts = rule({
  name: 'join-casts',
  match: op('cast', op('cast', any('x')).as('inner').orShared()).as('outer'),
  unless: ({ x, inner }) => {
    const [from, to] = [x.type.dtype, inner.output.type.dtype];
    return !(wider[from] ?? []).includes(to) && `${to} does not hold every ${from}`;
  },
  rewrite: ({ x, outer }, build) => build.node('cast', [x], outer.attrs),
});

/** Types that hold every value of a type. */
const wider: Readonly<Partial<Record<DType, readonly DType[]>>> = {
  f16: ['f16', 'f32', 'f64'],
  f32: ['f32', 'f64'],
  u8: ['u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'f16', 'f32', 'f64'],
  i8: ['i8', 'i16', 'i32', 'i64', 'f16', 'f32', 'f64'],
  i16: ['i16', 'i32', 'i64', 'f32', 'f64'],
  u16: ['u16', 'i32', 'u32', 'i64', 'u64', 'f32', 'f64'],
  i32: ['i32', 'i64', 'f64'],
  u32: ['u32', 'i64', 'u64', 'f64'],
};
