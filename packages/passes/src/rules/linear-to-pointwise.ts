import {
  attrsOf,
  evaluateOne,
  linearMultipliers,
  qlinearFullyConnected,
  reshape,
  weightMultipliers,
} from '@ghostc/ops';
import { constantData } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// fully_connected(x [N,K], w [M,K]) that rounds twice   =>   a 1x1 convolution of x as an image [N,1,1,K]: TFLite's
// FULLY_CONNECTED rounds once, and its specification has no scale per channel for it
export const linearToPointwise = rule({
  name: 'linear-to-pointwise',
  match: op('qlinear_fully_connected', any('x'), constant('weight')).as('linear').others(),
  unless({ x, weight, linear }) {
    const attrs = attrsOf(qlinearFullyConnected, linear);
    if (attrs.rounding === 'single') return 'it rounds once';
    const [own, convolved] = [linearMultipliers, weightMultipliers].map((of) =>
      of(x.type, weight.type, attrs),
    );
    return JSON.stringify(own) !== JSON.stringify(convolved) && 'a convolution would have another multiplier';
  },
  rewrite({ x, weight, linear }, build) {
    const [n, k] = x.type.shape.map(Number) as [number, number];
    const m = Number(weight.type.shape[0]);
    const filter = evaluateOne(reshape, [constantData(weight)], { shape: [m, k, 1, 1] });
    const image = build.node('reshape', [x], { shape: [n, 1, 1, k] });
    const inputs = [image, build.constant(filter, weight.name), linear.inputs[2] ?? null];
    const y = build.node('qlinear_conv2d_nhwc', inputs, linear.attrs);
    return build.node('reshape', [y], { shape: [n, m] });
  },
});
