import { constantOf, dataOf, type Value } from '@ghostc/ir';
import { affineOf, centredWeight, integerRange } from '@ghostc/ops';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const MOST = 2 ** 31 - 1;

/**
 * The largest bias for which no sum of the layer overflows int32: 2^31 - 1 - sum |w| max |x - zx|, by output
 * channel. Dead channels have biases of +-(2^31 - 1): their outputs are far beyond the bounds, or do not
 * depend on the products.
 */
function limits(x: Value, weight: Value, channels: number): number[] {
  const { zeroPoint } = affineOf(x.type, 'x');
  const [low, high] = integerRange(x.type.dtype);
  const largest = Math.max(zeroPoint - low, high - zeroPoint);
  const data = centredWeight(constantOf(weight));
  const inner = data.length / channels;
  return Array.from({ length: channels }, (_, m) => {
    let sum = 0;
    for (let k = m * inner; k < (m + 1) * inner; k++) sum += Math.abs(data[k] ?? 0);
    return MOST - sum * largest;
  });
}

// qlinear_conv(x, w, b), if a sum could overflow int32   =>   qlinear_conv(x, w, b clamped)
export const saturateBias = rule({
  name: 'saturate-bias',
  match: op(
    'qlinear_conv2d|qlinear_depthwise_conv2d|qlinear_fully_connected',
    any('x'),
    constant('weight'),
    constant('bias'),
  )
    .as('layer')
    .anyEpilogue(),
  unless({ x, weight, bias }) {
    if (bias.type.dtype !== 'i32') return 'sums have 64 bits';
    const most = limits(x, weight, Number(bias.type.shape[0]));
    if (most.some((limit) => limit < 0)) return 'the products of a channel alone leave int32';
    const levels = dataOf(constantOf(bias), 'i32');
    return levels.every((level, m) => Math.abs(level) <= (most[m] ?? 0)) && 'no sum leaves int32';
  },
  rewrite({ x, weight, bias, layer }, build) {
    const most = limits(x, weight, Number(bias.type.shape[0]));
    const levels = dataOf(constantOf(bias), 'i32').map((level, m) =>
      Math.min(Math.max(level, -(most[m] ?? 0)), most[m] ?? 0),
    );
    const { type } = bias;
    const limited = { dtype: type.dtype, shape: type.shape.map(Number), data: levels, quant: type.quant };
    return build.node(layer.op, [x, weight, build.constant(limited, bias.name)], layer.attrs);
  },
});
