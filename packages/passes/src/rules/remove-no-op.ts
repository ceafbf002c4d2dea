import { isStatic, sameShape } from '@ghostc/ir';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// identity(x), dropout(x) at inference   =>   x
export const removeIdentity = rule({
  name: 'remove-identity',
  match: op('identity|dropout', any('x')),
  rewrite: ({ x }) => x,
});

// slice, reshape, pad, resize, cast or transpose that gives its input back   =>   x
export const removeNoOp = rule({
  name: 'remove-no-op',
  match: op('slice|reshape|pad|resize|cast|transpose', any('x')).as('node'),
  unless: ({ x, node }) => {
    const { dtype, shape } = node.output.type;
    if (dtype !== x.type.dtype || !sameShape(shape, x.type.shape)) return 'it changes the type';
    if (
      node.op === 'slice' &&
      ((node.attrs.steps as readonly number[] | undefined) ?? []).some((step) => step < 0)
    )
      return 'it reverses an axis';
    const moved =
      node.op === 'transpose' &&
      (node.attrs.perm as readonly number[]).some((axis, i) => axis !== i && x.type.shape[axis] !== 1);
    return moved && 'it exchanges axes';
  },
  rewrite: ({ x }) => x,
});

// concat(x)   =>   x
export const removeSingleConcat = rule({
  name: 'remove-single-concat',
  match: op('concat', any('x')).as('concat'),
  unless: ({ concat }) => concat.inputs.length > 1 && `it joins ${concat.inputs.length} values`,
  rewrite: ({ x }) => x,
});

// reshape(reshape(x))   =>   reshape(x)
export const joinReshapes = rule({
  name: 'join-reshapes',
  match: op('reshape', op('reshape', any('x')).orShared()).as('outer'),
  unless: ({ outer }) => !outer.output.type.shape.every(isStatic) && 'the shape is symbolic',
  rewrite: ({ x, outer }, build) =>
    build.node('reshape', [x], { shape: outer.output.type.shape as readonly number[] }),
});

// transpose(transpose(x, p), q)   =>   transpose(x, r),  r[i] = p[q[i]]
export const joinTransposes = rule({
  name: 'join-transposes',
  match: op('transpose', op('transpose', any('x')).as('inner').orShared()).as('outer'),
  rewrite({ x, inner, outer }, build) {
    const first = inner.attrs.perm as readonly number[];
    return build.node('transpose', [x], {
      perm: (outer.attrs.perm as readonly number[]).map((axis) => first[axis] ?? 0),
    });
  },
});
