import type { Value } from '@ghostc/ir';
import { constantData, numbersOf, scaleChannels, vector } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { foldRefusal } from './fold-batch-norm.ts';

const convolution = op('conv2d|conv_transpose2d|depthwise_conv2d', any('x'), constant('weight'))
  .as('conv')
  .others()
  .anyEpilogue();

// conv(x, w) + b + c, c one number per channel   =>   conv(x, w) + (b + c)
export const foldAddIntoConv = rule({
  name: 'fold-add-into-conv',
  match: op('add', convolution, constant('c')).as('sum').anyEpilogue(),
  unless: ({ conv, c }) => foldRefusal(conv) || notPerChannel(c, conv.output),
  rewrite({ x, weight, c, conv, sum }, build) {
    const bias = conv.inputs[2] ? numbersOf(conv.inputs[2]) : [];
    const pick = perChannel(c);
    const offset = vector(
      constantData(weight),
      Number(conv.output.type.shape[1]),
      (i) => (bias[i] ?? 0) + pick(i),
    );
    return build.node(conv.op, [x, weight, build.constant(offset, c.name)], { ...conv.attrs, ...sum.attrs });
  },
});

// (conv(x, w) + b) c, c one number per channel   =>   conv(x, w c) + b c
export const foldMulIntoConv = rule({
  name: 'fold-mul-into-conv',
  match: op('mul', convolution, constant('c')).as('product').anyEpilogue(),
  unless: ({ conv, c }) => foldRefusal(conv) || notPerChannel(c, conv.output),
  rewrite({ x, weight, c, conv, product }, build) {
    const count = Number(conv.output.type.shape[1]);
    const pick = perChannel(c);
    const factors = Float64Array.from({ length: count }, (_, i) => pick(i));
    const scaled = build.constant(scaleChannels(constantData(weight), factors), weight.name);
    const bias = conv.inputs[2];
    const offset = bias
      ? build.constant(
          vector(constantData(bias), count, (i) => Number(numbersOf(bias)[i]) * pick(i)),
          bias.name,
        )
      : null;
    return build.node(conv.op, [x, scaled, offset], { ...conv.attrs, ...product.attrs });
  },
});

/** A constant that broadcasts over [N,C,H,W] or [N,C,L] with at most one number per channel. */
function notPerChannel(c: Value, output: Value): string | false {
  const shape = c.type.shape;
  const rank = output.type.shape.length;
  const count = c.constant?.data.length;
  if (count === 1 && shape.length <= rank) return false;
  const fits = count === output.type.shape[1] && shape.at(1 - rank) === count && shape.length <= rank;
  return !fits && `%${c.name} [${shape.join(',')}] is not one number per channel`;
}

function perChannel(c: Value): (i: number) => number {
  const data = numbersOf(c);
  return (i) => Number(data[data.length === 1 ? 0 : i]);
}
