import type { Value } from '@ghostc/ir';
import { scalarOf } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const shifted = op('clip', op('add', any('x'), constant('shift'))).as('clip');

// clip(x + c, 0, n) / n = clip(x/n + c/n, 0, 1)   =>   hard_sigmoid(x), alpha = 1/n, beta = c/n
export const recognizeHardSigmoid = rule({
  name: 'recognize-hard-sigmoid',
  match: op('div', shifted, constant('divisor')),
  unless: ({ clip, divisor, shift }) => refusal(clip.attrs, scalarOf(divisor), scalarOf(shift)),
  rewrite: ({ x, shift, divisor }, build) =>
    hardSigmoid(x, shift, scalarOf(divisor) ?? 1, (...node) => build.node(...node)),
});

// clip(x + c, 0, n) * (1/n)   =>   hard_sigmoid(x), alpha = 1/n, beta = c/n
export const recognizeHardSigmoidByProduct = rule({
  name: 'recognize-hard-sigmoid-by-product',
  match: op('mul', shifted, constant('factor')),
  unless: ({ clip, factor, shift }) => refusal(clip.attrs, reciprocal(scalarOf(factor)), scalarOf(shift)),
  rewrite: ({ x, shift, factor }, build) =>
    hardSigmoid(x, shift, reciprocal(scalarOf(factor)) ?? 1, (...node) => build.node(...node)),
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
  match: op(
    'div',
    op('mul', any('x'), op('clip', op('add', any('x'), constant('shift'))).as('clip')),
    constant('divisor'),
  ),
  unless: ({ clip, divisor, shift }) =>
    refusal(clip.attrs, scalarOf(divisor), scalarOf(shift)) ||
    ((scalarOf(divisor) !== 6 || scalarOf(shift) !== 3) && 'expected x * clip(x + 3, 0, 6) / 6'),
  rewrite: ({ x }, build) => build.node('hard_swish', [x]),
});

// x * sigmoid(x)   =>   silu(x)
export const recognizeSilu = rule({
  name: 'recognize-silu',
  match: op('mul', any('x'), op('sigmoid', any('x'))),
  rewrite: ({ x }, build) => build.node('silu', [x]),
});

// clip(x, 0, inf)   =>   relu(x)
export const recognizeRelu = rule({
  name: 'recognize-relu',
  match: op('clip', any('x')).as('clip'),
  unless: ({ clip, x }) =>
    (x.type.dtype.startsWith('u') && 'ONNX has no Relu of unsigned integers') ||
    ((clip.attrs.min !== 0 || (clip.attrs.max ?? Number.POSITIVE_INFINITY) !== Number.POSITIVE_INFINITY) &&
      'the clip is not [0, inf)'),
  rewrite: ({ x }, build) => build.node('relu', [x]),
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

function hardSigmoid(
  x: Value,
  shift: Value,
  n: number,
  node: (op: string, inputs: Value[], attrs: { alpha: number; beta: number }) => Value,
): Value {
  return node('hard_sigmoid', [x], { alpha: 1 / n, beta: (scalarOf(shift) ?? 0) / n });
}

function reciprocal(x: number | undefined): number | undefined {
  return x === undefined ? undefined : 1 / x;
}

// clip(relu(x), a, b) = clip(x, a, b) for a >= 0: ReLU6 as some exporters write it
export const removeReluBeforeClip = rule({
  name: 'remove-relu-before-clip',
  match: op('clip', op('relu', any('x')).orShared()).as('clip'),
  unless: ({ clip }) =>
    !(Number(clip.attrs.min ?? Number.NEGATIVE_INFINITY) >= 0) &&
    `the clip begins at ${String(clip.attrs.min ?? -Infinity)}, expected 0 or more`,
  rewrite: ({ x, clip }, build) => build.node('clip', [x], clip.attrs),
});
