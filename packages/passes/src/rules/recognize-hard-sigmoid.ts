import { isFloat, type Node, type Value } from '@ghostc/ir';
import { scalarOf } from '../constant-math.ts';
import { any, chain, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const shifted = op('clip', op('add', any('x'), constant('shift'))).as('clip');

// clip(x + c, 0, n) / n = clip(x/n + c/n, 0, 1), or the product with 1/n   =>   hard_sigmoid(x), alpha = 1/n, beta = c/n
export const recognizeHardSigmoid = rule({
  name: 'recognize-hard-sigmoid',
  match: op('mul|div', shifted, constant('factor')).as('scaled'),
  unless: ({ scaled, clip, factor, shift }) =>
    refusal(clip.attrs, divisorOf(scaled, factor), scalarOf(shift)),
  rewrite({ x, shift, scaled, factor }, build) {
    const n = divisorOf(scaled, factor) ?? 1;
    return build.node('hard_sigmoid', [x], { alpha: 1 / n, beta: (scalarOf(shift) ?? 0) / n });
  },
});

// clip(a x + b, 0, 1)   =>   hard_sigmoid(x), alpha = a, beta = b
export const recognizeHardSigmoidByUnit = rule({
  name: 'recognize-hard-sigmoid-by-unit',
  match: op(
    'clip',
    op('add', op('mul|div', any('x'), constant('factor')).as('scaled'), constant('shift')),
  ).as('clip'),
  unless: ({ x, clip, scaled, factor, shift }) => {
    if (!isFloat(x.type.dtype)) return `%${x.name} is ${x.type.dtype}`;
    if (scaled.output.type.shape.length !== x.type.shape.length) return 'the factor broadcasts x';
    return (
      refusal(clip.attrs, 1, scalarOf(shift)) || (!divisorOf(scaled, factor) && 'there is no single factor')
    );
  },
  rewrite: ({ x, scaled, factor, shift }, build) =>
    build.node('hard_sigmoid', [x], {
      alpha: 1 / (divisorOf(scaled, factor) ?? 1),
      beta: scalarOf(shift) ?? 0,
    }),
});

// x * hard_sigmoid(x), alpha = 1/6, beta = 1/2   =>   hard_swish(x)
export const recognizeHardSwish = rule({
  name: 'recognize-hard-swish',
  match: op('mul', any('x'), op('hard_sigmoid', any('x')).as('gate')),
  unless: ({ gate }) => {
    const [alpha, beta] = [Number(gate.attrs.alpha), Number(gate.attrs.beta)];
    return (
      (Math.abs(alpha - 1 / 6) > 1e-7 || beta !== 0.5) &&
      `the gate has alpha ${alpha} and beta ${beta}, expected 1/6 and 1/2`
    );
  },
  rewrite: ({ x }, build) => build.node('hard_swish', [x]),
});

// x * clip(x + 3, 0, 6) / 6: the product comes before the division   =>   hard_swish(x)
export const recognizeHardSwishByQuotient = rule({
  name: 'recognize-hard-swish-by-quotient',
  match: op('div', op('mul', any('x'), shifted), constant('divisor')),
  unless: ({ clip, divisor, shift }) => notSixth(clip.attrs, scalarOf(divisor), scalarOf(shift)),
  rewrite: ({ x }, build) => build.node('hard_swish', [x]),
});

// x * clip(x + 3, 0, 6) * 1/6, the factors in any order   =>   hard_swish(x)
export const recognizeHardSwishByProduct = rule({
  name: 'recognize-hard-swish-by-product',
  match: chain('mul', any('x'), shifted, constant('factor')),
  unless: ({ clip, factor, shift }) => notSixth(clip.attrs, reciprocal(scalarOf(factor)), scalarOf(shift)),
  rewrite: ({ x }, build) => build.node('hard_swish', [x]),
});

function refusal(
  clip: Readonly<Record<string, unknown>>,
  n: number | undefined,
  shift: number | undefined,
): string | false {
  if (n === undefined || shift === undefined) return 'shift and divisor must be single numbers';
  if (n <= 0) return `the divisor is ${n}, expected a positive number`;
  return (
    (clip.min !== 0 || Math.abs(Number(clip.max) - n) > 1e-6 * n) &&
    `the clip is [${String(clip.min)}, ${String(clip.max)}], expected [0, ${n}]`
  );
}

function notSixth(
  clip: Readonly<Record<string, unknown>>,
  n: number | undefined,
  shift: number | undefined,
): string | false {
  const six = n !== undefined && Math.abs(n - 6) < 1e-5;
  return refusal(clip, n, shift) || ((!six || shift !== 3) && 'expected x * clip(x + 3, 0, 6) / 6');
}

/** The divisor of a product or quotient. */
function divisorOf({ op }: Node, factor: Value): number | undefined {
  return op === 'div' ? scalarOf(factor) : reciprocal(scalarOf(factor));
}

function reciprocal(x: number | undefined): number | undefined {
  return x === undefined ? undefined : 1 / x;
}
