import { type Attrs, dataOf, isFloat, itemAt, type Tensor, toNumbers } from '@ghostc/ir';
import { activationAttrs, activationFunction, activationOp, attrsOf, power } from '@ghostc/ops';
import { selected } from './bound-choices.ts';
import {
  type Errors,
  evaluate,
  everywhere,
  isExact,
  type Results,
  type Step,
  spreadTo,
  unitOf,
} from './bound-step.ts';
import { errorTensor, gamma, magnitude } from './bounded.ts';
import { mixedSum, termsOf } from './sum-terms.ts';

/**
 * F(|x| + e) - F(|x|) + gamma_n F(|x| + e) for n roundings: `absolute` computes F of |x|, plus a factor times
 * e. If another way to compute the sums may have a larger rounding error, `other` replaces the last term.
 */
function summed(
  step: Step,
  roundings: number,
  absolute: (factor: number) => Tensor,
  other?: Float64Array | null,
): Float64Array {
  const wide = toNumbers(absolute(1));
  const narrow = isExact(step) ? wide : toNumbers(absolute(0));
  const unit = gamma(roundings, unitOf(step.node));
  const error = new Float64Array(wide.length);
  for (let i = 0; i < error.length; i++) {
    const rounding = Math.max(unit * (wide[i] ?? 0), other?.[i] ?? 0);
    error[i] = narrow === wide ? rounding : (wide[i] ?? 0) - (narrow[i] ?? 0) + rounding;
  }
  return error;
}

/** Sums of a few inputs or products up to this are finite in float32. */
const SAFE = 2 ** 125;

/**
 * gamma_n K(|x| + e) if float32 kernels may sum in another way, where K is the convolution by the weights
 * that multiply each input there. Infinite if inputs or sums may overflow that way.
 */
function mixed({ node, attrs, inputs }: Step): Float64Array | null {
  const way = mixedSum(node);
  if (!way) return null;
  const [x, weight] = [magnitude(itemAt(inputs, 0), 1), itemAt(inputs, 1).tensor];
  const large = dataOf(x, 'f64').map((v) => (v <= SAFE ? v : Infinity));
  const windows = way.weights(dataOf(weight, 'f64'));
  const given = [
    { ...x, data: large },
    { ...weight, data: windows },
    ...inputs.slice(2).map((input) => input && magnitude(input, 1)),
  ];
  const [sums] = evaluate(node.op, { attrs: { ...attrs, activation: 'none' } }, given);
  const unit = gamma(way.terms, unitOf(node));
  return dataOf(sums, 'f64').map((v) => (v <= SAFE ? unit * v : Infinity));
}

/**
 * Sums of products: |f(x + d) - f(x)| <= F(|x| + e) - F(|x|) for |d| <= e, with F the same on absolute values, and
 * gamma_n F(|x| + e) for n roundings. A fused activation follows.
 */
export function multilinear(step: Step, [y]: Results): Errors {
  const { node, inputs } = step;
  const attrs = absoluteAttrs(step);
  const op = node.op === 'sub' ? 'add' : node.op === 'prelu' ? 'mul' : node.op;
  const absolute = (factor: number): Tensor =>
    evaluate(
      op,
      { attrs },
      inputs.map((input) => input && magnitude(input, factor)),
    )[0];
  const passes = node.op === 'prelu' ? (inputs[0]?.error ?? null) : null;
  const error = summed(step, termsOf(node), absolute, mixed(step));
  return [activated(step, y, passes ? error.map((e, i) => e + (passes[i] ?? 0)) : error)];
}

function absoluteAttrs({ node, attrs }: Step): Attrs {
  const plain: Attrs = 'activation' in attrs ? { ...attrs, activation: 'none' } : attrs;
  if (node.op === 'gemm')
    return { ...plain, alpha: Math.abs(Number(attrs.alpha)), beta: Math.abs(Number(attrs.beta)) };
  return plain;
}

function activated({ node, attrs }: Step, y: Tensor, error: Float64Array): Float64Array {
  const activation = attrsOf({ attrs: activationAttrs }, { attrs });
  const op = activationOp(activation.activation);
  if (!op) return error;
  const slope = op.epilogue.slope(...activation.activation_params);
  const probe = activationFunction(activation);
  const extra = op.epilogue.exact ? 0 : 16 * unitOf(node);
  const values = toNumbers(y);
  return error.map(
    (e, i) => slope * e + extra * (Math.abs(Number(values[i])) + (probe(0) === 0 ? 0 : 1) + e),
  );
}

/** y = s (x - m) / sqrt(v + e) + t: with |s|, |t| and -|m| every term is positive; the variance has to be exact. */
export function batchNorm(step: Step, [y]: Results): Errors {
  const { inputs, attrs } = step;
  const [x, scale, shift] = inputs;
  const [mean, variance] = [itemAt(inputs, 3), itemAt(inputs, 4)];
  if (variance.error) return [everywhere(y, Number.POSITIVE_INFINITY)];
  const absolute = (factor: number): Tensor => {
    const negated = magnitude(mean, factor);
    const minus = { ...negated, data: dataOf(negated, 'f64').map((v) => -v) };
    const parts = [x, scale, shift].map((input) => (input ? magnitude(input, factor) : null));
    return evaluate('batch_norm', { attrs }, [...parts, minus, variance.tensor])[0];
  };
  return [summed(step, 8, absolute)];
}

/** Errors follow the updates; sums and products add roundings. */
export function scattered(step: Step, results: Results): Errors {
  const { attrs, inputs } = step;
  const [x, indices, updates] = [itemAt(inputs, 0), itemAt(inputs, 1), itemAt(inputs, 2)];
  if (attrs.reduction === 'add' || attrs.reduction === 'mul') {
    const absolute = (factor: number): Tensor => {
      const parts = [magnitude(x, factor), indices.tensor, magnitude(updates, factor)];
      return evaluate('scatter_nd', step, parts)[0];
    };
    return [summed(step, indices.tensor.data.length, absolute)];
  }
  if (isExact(step)) return results.map(() => null);
  const reduction = attrs.reduction === 'none' ? 'none' : 'max';
  const carried = [errorTensor(x), indices.tensor, errorTensor(updates)];
  return [dataOf(evaluate('scatter_nd', { attrs: { reduction } }, carried)[0], 'f64')];
}

/** (ea + |a / b| eb) / (|b| - eb), and 2.5 ulp, which WGSL allows; unbounded if the divisor may be 0. */
export function divided(step: Step, [y]: Results): Errors {
  const { inputs, node } = step;
  const [a, b] = [itemAt(inputs, 0), itemAt(inputs, 1)];
  if (!isFloat(node.output.type.dtype)) return selected(step, [y]);
  const spread = spreadTo(y);
  const [ea, eb] = [spread(errorTensor(a)), spread(errorTensor(b))];
  const divisor = spread(magnitude(b));
  const unit = unitOf(node);
  const quotient = toNumbers(evaluate('div', { attrs: {} }, [a.tensor, b.tensor])[0]);
  const error = Float64Array.from(quotient, (q, i) => {
    const [size, gap] = [Math.abs(Number(q)), (divisor[i] ?? 0) - (eb[i] ?? 0)];
    const own = 5 * unit * size;
    const change = (ea[i] ?? 0) + size * (eb[i] ?? 0);
    if ((eb[i] ?? 0) > 0 && gap <= 0) return Infinity;
    return change === 0 ? own : change / gap + own;
  });
  return [activated(step, y, error)];
}

/** Exact exponents: |p| (|x| + e)^(p - 1) e for p >= 1, the change over the interval for positive bases. */
export function raised(step: Step, [y]: Results): Errors {
  const [a, b] = [itemAt(step.inputs, 0), itemAt(step.inputs, 1)];
  const unit = unitOf(step.node);
  const spread = spreadTo(y);
  const [base, exponents] = [spread(a.tensor), spread(b.tensor)];
  const [ea, eb] = [spread(errorTensor(a)), spread(errorTensor(b))];
  const raw = Float64Array.from(base, (x, i) => power(Number(x), Number(exponents[i])));
  const error = raw.map((v, i) => {
    const [x, p, ex, ep] = [Number(base[i]), Number(exponents[i]), ea[i] ?? 0, eb[i] ?? 0];
    // exp2(p log2 x): an error of the logarithm counts p times
    const own =
      Math.abs(p) === Infinity
        ? 0
        : unit * Math.abs(v) * (8 + 8 * Math.abs(p * Math.log(Math.abs(x) || 1)) + 4 * Math.abs(p));
    if (ex === 0 && ep === 0) return own;
    if (ep === 0 && p >= 1 && Number.isInteger(p)) return own + p * (Math.abs(x) + ex) ** (p - 1) * ex;
    if (x - ex <= 0) return Number.POSITIVE_INFINITY;
    const ends = [-1, 1].flatMap((s) => [-1, 1].map((t) => power(x + s * ex, p + t * ep)));
    return own + ends.reduce((most, end) => Math.max(most, Math.abs(end - v)), 0);
  });
  return [activated(step, y, error)];
}

/** p_i (exp(2 e + rounding of the difference) - 1), and gamma for the sum of n exponentials; never more than 0 <= p_i <= 1 allows. */
export function softmaxError({ node, attrs, inputs }: Step, [y]: Results): Errors {
  const x = itemAt(inputs, 0);
  const unit = unitOf(node);
  const values = toNumbers(x.tensor);
  const axes = { axes: [Number(attrs.axis)], keepdims: true };
  const spread = spreadTo(y);
  const wide = (op: string, tensor: Tensor): ArrayLike<number> =>
    spread(evaluate(op, { attrs: axes }, [tensor])[0]);
  const [top, worst] = [wide('reduce_max', x.tensor), wide('reduce_max', errorTensor(x))];
  const size = Number(x.tensor.shape.at(Number(attrs.axis)) ?? 1);
  return [
    Float64Array.from(toNumbers(y), (p, i) => {
      const distance = Math.abs(Number(top[i]) - Number(values[i]));
      const exponent = 2 * (worst[i] ?? 0) + 6 * unit * (1 + distance);
      const own = gamma(size + 8, unit);
      const change = Math.min(
        Number(p) * Math.expm1(Math.min(exponent, 700)),
        Math.max(Number(p), 1 - Number(p)),
      );
      return change + Number(p) * own + unit * 2 ** -20;
    }),
  ];
}
