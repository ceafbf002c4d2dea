import { isStatic, staticShape, type Tensor } from '@ghostc/ir';
import { evaluateOne, reshape, transpose } from '@ghostc/ops';
import { constantData } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// fully_connected(flatten(transpose(x, p)), w)   =>   fully_connected(flatten(x), w'): the columns of w are moved instead
export const foldTransposeIntoFullyConnected = rule({
  name: 'fold-transpose-into-fully-connected',
  match: op(
    'fully_connected|qlinear_fully_connected',
    op('reshape', op('transpose', any('x')).as('transpose')).as('flatten'),
    constant('weight'),
  )
    .as('linear')
    .others()
    .anyEpilogue(),
  unless: ({ x, transpose: { attrs }, flatten, weight }) => {
    if (!x.type.shape.every(isStatic)) return 'the shape is symbolic';
    const perm = attrs.perm ?? [];
    if (perm[0] !== 0 || flatten.output.type.shape[0] !== x.type.shape[0])
      return 'a row holds more than one item';
    return weight.users.size > 1 && `%${weight.name} is shared by ${weight.users.size} nodes`;
  },
  rewrite({ x, transpose: { attrs }, flatten, weight, linear }, build) {
    const perm = attrs.perm ?? [];
    const shape = staticShape(flatten.output.type.shape);
    const moved = moveColumns(constantData(weight), staticShape(x.type.shape), perm);
    const rows = build.node('reshape', [x], { shape });
    return build.node(
      linear.op,
      [rows, build.constant(moved, weight.name), ...linear.inputs.slice(2)],
      linear.attrs,
    );
  },
});

/** w [M, K], K in the order of transpose(x, perm), to the order of x. Axis 0 of x is the rows. */
function moveColumns(weight: Tensor, from: readonly number[], perm: readonly number[]): Tensor {
  const rows = weight.shape[0] ?? 1;
  const split = evaluateOne(reshape, [weight], {
    shape: [rows, ...perm.slice(1).map((axis) => from[axis] ?? 1)],
  });
  const back = evaluateOne(transpose, [split], { perm: from.map((_, axis) => perm.indexOf(axis)) });
  return evaluateOne(reshape, [back], { shape: [rows, -1] });
}
