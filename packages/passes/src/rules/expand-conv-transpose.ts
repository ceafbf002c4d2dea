import { isStatic } from '@ghostc/ir';
import { attrsOf, convTranspose2d, mirroredKernel, spreadTranspose } from '@ghostc/ops';
import { constantData } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// conv_transpose2d(x, w)   =>   conv2d(x with zeros between its elements, w mirrored): a form that has integer kernels
export const expandConvTranspose = rule({
  name: 'expand-conv-transpose',
  match: op('conv_transpose2d', any('x'), constant('weight')).as('conv').others().anyEpilogue(),
  unless: ({ x }) => !x.type.shape.every(isStatic) && `%${x.name} has symbolic sizes`,
  rewrite({ x, weight, conv }, build) {
    const { output_padding, ...attrs } = attrsOf(convTranspose2d, conv);
    const [shape, kernel] = [x.type.shape.map(Number), weight.type.shape.slice(2).map(Number)];
    const wide = spreadTranspose(x, { ...attrs, output_padding, shape, kernel }, (name, inputs, settings) =>
      build.node(name, inputs, settings),
    );
    const mirrored = build.constant(mirroredKernel(constantData(weight)), weight.name);
    return build.node('conv2d', [wide.x, mirrored, conv.inputs[2] ?? null], {
      ...attrs,
      strides: [1, 1],
      pads: wide.pads,
    });
  },
});
