import { isStatic, staticShape, type Value } from '@ghostc/ir';
import {
  attrsOf,
  convTranspose2d,
  mirroredKernel,
  type NodeOf,
  qlinearConvTranspose2d,
  spreadTranspose,
  transposedPadding,
} from '@ghostc/ops';
import type { Build } from '../build.ts';
import { constantData } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// qlinear_conv_transpose2d(x, w)   =>   qlinear_conv2d(x with zeros between its elements, w mirrored):
// TFLite's operator supports few pads
export const expandQlinearConvTranspose = rule({
  name: 'expand-qlinear-conv-transpose',
  match: op('qlinear_conv_transpose2d', any('x'), constant('weight')).as('conv').others(),
  unless: ({ x }) => !x.type.shape.every(isStatic) && `%${x.name} has symbolic sizes`,
  rewrite: ({ x, weight, conv }, build) => spread({ x, weight, conv }, build),
});

// conv_transpose2d(x, w)   =>   conv2d(x with zeros between its elements, w mirrored), if TRANSPOSE_CONV has
// no padding equivalent to these pads
export const expandPaddedConvTranspose = rule({
  name: 'expand-padded-conv-transpose',
  match: op('conv_transpose2d', any('x'), constant('weight')).as('conv').others().anyEpilogue(),
  unless: ({ x, weight, conv }) => {
    const shapes = [x.type.shape, conv.output.type.shape, weight.type.shape] as const;
    if (!shapes.flat().every(isStatic)) return `%${x.name} has symbolic sizes`;
    const [from, to, taps] = shapes.map(staticShape) as [number[], number[], number[]];
    const padding = transposedPadding(attrsOf(convTranspose2d, conv), [from, to, taps]);
    return padding !== undefined && `it is a TRANSPOSE_CONV with the padding ${padding}`;
  },
  rewrite: ({ x, weight, conv }, build) => spread({ x, weight, conv }, build),
});

interface Transposed {
  readonly x: Value;
  readonly weight: Value;
  readonly conv: NodeOf<'conv_transpose2d'> | NodeOf<'qlinear_conv_transpose2d'>;
}

function spread({ x, weight, conv }: Transposed, build: Build): Value {
  const { output_padding, ...attrs } =
    conv.op === 'conv_transpose2d' ? attrsOf(convTranspose2d, conv) : attrsOf(qlinearConvTranspose2d, conv);
  const [shape, kernel] = [x.type.shape.map(Number), weight.type.shape.slice(2).map(Number)];
  const wide = spreadTranspose(x, { ...attrs, output_padding, shape, kernel }, (name, inputs, settings) =>
    build.node(name, inputs, settings),
  );
  const mirrored = build.constant(mirroredKernel(constantData(weight)), weight.name);
  return build.node(
    conv.op.replace('conv_transpose2d', 'conv2d'),
    [wide.x, mirrored, conv.inputs[2] ?? null],
    {
      ...attrs,
      strides: [1, 1],
      pads: wide.pads,
    },
  );
}
