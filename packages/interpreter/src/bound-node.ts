import { type Attrs, type DType, isFloat, type Node, type Tensor, tensorType, toNumbers } from '@ghostc/ir';
import { type ActivationName, activationFunction, lookup, withDefaults } from '@ghostc/ops';
import { type Bounded, errorTensor, gamma, magnitude, shifted, unitRoundoff, widened } from './bounded.ts';
import { functionError } from './function-error.ts';
import { squeezeParts } from './squeeze-parts.ts';
import { termsOf } from './sum-terms.ts';

/** One op while its error is derived. */
export interface Step {
  readonly node: Node;
  /** With defaults filled in. */
  readonly attrs: Attrs;
  readonly inputs: readonly (Bounded | null)[];
}

/** Values and error bounds of a node's outputs. */
export function boundNode(step: Step): readonly Bounded[] {
  const { node, inputs } = step;
  const tensors = evaluate(
    node.op,
    step,
    inputs.map((input) => input?.tensor ?? null),
  );
  const errors = errorsOf(step, tensors);
  return tensors.map((tensor, i) => ({ tensor: widened(tensor), error: cleaned(tensor, errors[i] ?? null) }));
}

/** Quantising is defined on float32. */
function single(tensor: Tensor): Tensor {
  return tensor.dtype === 'f64'
    ? { ...tensor, dtype: 'f32', data: Float32Array.from(tensor.data as Float64Array) }
    : tensor;
}

/** Runs an op on given tensors; the residual activation of a sum is left out with `plain`. */
function evaluate(
  op: string,
  { attrs }: Pick<Step, 'attrs'>,
  given: readonly (Tensor | null)[],
): readonly Tensor[] {
  const inputs = op === 'quantize_linear' ? given.map((tensor) => tensor && single(tensor)) : given;
  const definition = lookup(op);
  const types = definition.inferTypes(
    inputs.map((input) => input && tensorType(input)),
    attrs,
  );
  return definition.evaluateTensors(inputs, attrs, types);
}

/** NaN and infinite results have to be met exactly: they have no error. */
function cleaned(tensor: Tensor, error: Float64Array | null): Float64Array | null {
  if (!error) return null;
  const values = toNumbers(tensor);
  return error.map((e, i) => (Number.isFinite(Number(values[i])) ? (Number.isNaN(e) ? Infinity : e) : 0));
}

type Errors = readonly (Float64Array | null)[];
type Rule = (step: Step, results: readonly Tensor[]) => Errors;

function errorsOf(step: Step, results: readonly Tensor[]): Errors {
  const { node } = step;
  const rule = rules[node.op];
  if (rule) return rule(step, results);
  const { traits } = lookup(node.op);
  if (traits.has('movement')) return moved(step);
  if (traits.has('comparison')) return compared(step, results);
  if (traits.has('selection')) return selected(step, results);
  if (node.op.startsWith('qlinear_') || node.op === 'requantize') return selected(step, results);
  if (traits.has('exact')) return interval(step, results, () => 0);
  if (traits.has('unary')) return interval(step, results, (x, y) => functionError(step, x, y, unitOf(node)));
  return results.map((y) => everywhere(y, Number.POSITIVE_INFINITY));
}

const rules: Readonly<Record<string, Rule>> = {
  abs: passed,
  add: multilinear,
  average_pool: multilinear,
  batch_norm: batchNorm,
  cast: converted,
  conv2d: multilinear,
  depthwise_conv2d: multilinear,
  dfc_attention: unknown,
  div: divided,
  dropout: passed,
  fully_connected: multilinear,
  fused_ghost_module: multilinear,
  gemm: multilinear,
  ghost_module: multilinear,
  global_average_pool: multilinear,
  hard_swish: sloped,
  identity: passed,
  matmul: multilinear,
  max_pool: (step, results) => interval(step, results, () => 0),
  mod: selected,
  mul: multilinear,
  neg: passed,
  pow: raised,
  prelu: multilinear,
  quantize_linear: quantized,
  reduce_max: (step, results) => interval(step, results, () => 0),
  reduce_mean: multilinear,
  reduce_min: (step, results) => interval(step, results, () => 0),
  reduce_prod: multilinear,
  reduce_sum: multilinear,
  resize: resized,
  scatter_nd: scattered,
  silu: sloped,
  softmax: softmaxError,
  squeeze_excite: composed,
  squeeze_excite_gate: composed,
  sub: multilinear,
  where: chosen,
};

function unitOf(node: Node): number {
  return unitRoundoff(node.output.type.dtype);
}

function isExact({ inputs }: Step): boolean {
  return inputs.every((input) => !input?.error);
}

function everywhere(y: Tensor, error: number): Float64Array {
  return new Float64Array(y.data.length).fill(error);
}

/** Exact inputs give exact outputs; of others nothing is known. */
function selected(step: Step, results: readonly Tensor[]): Errors {
  return results.map((y) => (isExact(step) ? null : everywhere(y, Number.POSITIVE_INFINITY)));
}

function unknown(_: Step, results: readonly Tensor[]): Errors {
  return results.map((y) => everywhere(y, Number.POSITIVE_INFINITY));
}

function passed({ inputs }: Step): Errors {
  return [inputs[0]?.error ?? null];
}

/** Squeeze-and-excite: the error goes through its parts. */
function composed({ node, inputs, attrs: given }: Step): Errors {
  const parts = squeezeParts(node, given);
  const known = new Map(parts.inputs.map((value, i) => [value, inputs[i] as Bounded]));
  for (const part of parts.nodes()) {
    const operands = part.inputs.map((value) => value && (known.get(value) as Bounded));
    const attrs = withDefaults(lookup(part.op).attrs, part.attrs);
    known.set(part.output, boundNode({ node: part, attrs, inputs: operands })[0] as Bounded);
  }
  return parts.outputs.map(({ value }) => known.get(value)?.error ?? null);
}

/** The errors move as the elements do. */
function moved(step: Step): Errors {
  const { node, attrs, inputs } = step;
  if (isExact(step)) return [null];
  const carried = inputs.map((input) => input && (isIndex(node, input) ? input.tensor : errorTensor(input)));
  const plain = 'value' in attrs ? { ...attrs, value: 0 } : attrs;
  return [toNumbers(evaluate(node.op, { attrs: plain }, carried)[0] as Tensor) as Float64Array];
}

/** The second input of the gathers says where elements come from. */
function isIndex(node: Node, input: Bounded): boolean {
  return node.op.startsWith('gather') && !isFloat(input.tensor.dtype);
}

/** For functions that rise or fall between x - e and x + e: the larger change at both ends, plus the op's own error. */
function interval(step: Step, results: readonly Tensor[], own: (x: number, y: number) => number): Errors {
  const { node, inputs } = step;
  const y = results[0] as Tensor;
  if (!isFloat(y.dtype) && isExact(step)) return [null];
  const values = toNumbers(y);
  const ends = isExact(step)
    ? []
    : [-1, 1].map((side) =>
        toNumbers(
          evaluate(
            node.op,
            step,
            inputs.map((input) => input && shifted(input, side)),
          )[0] as Tensor,
        ),
      );
  const x = inputs.length === 1 && inputs[0] ? toNumbers(inputs[0].tensor) : [];
  const error = Float64Array.from(values, (v, i) => {
    const change = ends.reduce((most, end) => Math.max(most, Math.abs(Number(end[i]) - Number(v))), 0);
    return change + own(Number(x[i] ?? 0), Number(v));
  });
  return [error.some((e) => e !== 0) ? error : null];
}

/** Slopes of at most 1.5, and roundings of the size of |x|. */
function sloped(step: Step, [y]: readonly Tensor[]): Errors {
  const x = step.inputs[0] as Bounded;
  const unit = unitOf(step.node);
  const values = toNumbers(x.tensor);
  return [
    Float64Array.from(
      toNumbers(y as Tensor),
      (v, i) => 1.5 * (x.error?.[i] ?? 0) + functionError(step, Number(values[i]), Number(v), unit),
    ),
  ];
}

/**
 * Sums of products: |f(x + d) - f(x)| <= F(|x| + e) - F(|x|) for |d| <= e, with F the same on absolute values, and
 * gamma_n F(|x| + e) for n roundings. A fused activation follows.
 */
function multilinear(step: Step, [y]: readonly Tensor[]): Errors {
  const { node, inputs } = step;
  const attrs = absoluteAttrs(step);
  const op = node.op === 'sub' ? 'add' : node.op === 'prelu' ? 'mul' : node.op;
  const absolute = (factor: number): ArrayLike<number> =>
    toNumbers(
      evaluate(
        op,
        { attrs },
        inputs.map((input) => input && magnitude(input, factor)),
      )[0] as Tensor,
    );
  const wide = absolute(1);
  const narrow = isExact(step) ? wide : absolute(0);
  const rounding = gamma(termsOf(node), unitOf(node));
  const passes = node.op === 'prelu' ? (inputs[0]?.error ?? null) : null;
  const error = Float64Array.from(wide, (m, i) => m - (narrow[i] ?? 0) + rounding * m + (passes?.[i] ?? 0));
  return [activated(step, y as Tensor, error)];
}

function absoluteAttrs({ node, attrs }: Step): Attrs {
  const plain: Attrs = 'activation' in attrs ? { ...attrs, activation: 'none' } : attrs;
  if (node.op === 'gemm')
    return { ...plain, alpha: Math.abs(Number(attrs.alpha)), beta: Math.abs(Number(attrs.beta)) };
  return 'relu' in attrs ? { ...plain, relu: false } : plain;
}

/** Largest slopes of the activations that can follow a sum. */
const slopes: Partial<Readonly<Record<ActivationName, number>>> = {
  sigmoid: 0.25,
  hard_swish: 1.5,
  silu: 1.1,
};

function activated({ node, attrs }: Step, y: Tensor, error: Float64Array): Float64Array {
  const activation = (attrs.activation ?? 'none') as ActivationName;
  if (activation === 'none') return error;
  const params = (attrs.activation_params ?? []) as readonly number[];
  const scaled = activation === 'hard_sigmoid' || activation === 'leaky_relu';
  const slope = scaled
    ? Math.max(Math.abs(params[0] ?? 1), activation === 'leaky_relu' ? 1 : 0)
    : (slopes[activation] ?? 1);
  const rounds = !['relu', 'clip'].includes(activation);
  const probe = activationFunction({ activation, activation_params: params });
  const extra = rounds ? 16 * unitOf(node) : 0;
  const values = toNumbers(y);
  return error.map(
    (e, i) => slope * e + extra * (Math.abs(Number(values[i])) + (probe(0) === 0 ? 0 : 1) + e),
  );
}

/** y = s (x - m) / sqrt(v + e) + t: with |s|, |t| and -|m| every term is positive; the variance has to be exact. */
function batchNorm(step: Step, [y]: readonly Tensor[]): Errors {
  const { inputs, attrs, node } = step;
  const [x, scale, shift, mean, variance] = inputs as readonly Bounded[];
  if (variance?.error) return [everywhere(y as Tensor, Number.POSITIVE_INFINITY)];
  const absolute = (factor: number): ArrayLike<number> => {
    const negated = magnitude(mean as Bounded, factor);
    const minus = { ...negated, data: (negated.data as Float64Array).map((v) => -v) };
    const parts = [x, scale, shift].map((input) => magnitude(input as Bounded, factor));
    return toNumbers(
      evaluate('batch_norm', { attrs }, [...parts, minus, (variance as Bounded).tensor])[0] as Tensor,
    );
  };
  const [wide, narrow] = [absolute(1), isExact(step) ? null : absolute(0)];
  const rounding = gamma(8, unitOf(node));
  return [Float64Array.from(wide, (m, i) => m - (narrow ? (narrow[i] ?? 0) : m) + rounding * m)];
}

/** (ea + |a / b| eb) / (|b| - eb), and 2.5 ulp, which WGSL allows. */
function divided(step: Step, [y]: readonly Tensor[]): Errors {
  const { inputs, node } = step;
  const [a, b] = inputs as readonly [Bounded, Bounded];
  if (!isFloat(node.output.type.dtype)) return selected(step, [y as Tensor]);
  const spread = (tensor: Tensor): ArrayLike<number> => toNumbers(broadcastTo(tensor, y as Tensor));
  const [ea, eb] = [spread(errorTensor(a)), spread(errorTensor(b))];
  const divisor = spread(magnitude(b));
  const unit = unitOf(node);
  const quotient = toNumbers(evaluate('div', { attrs: {} }, [a.tensor, b.tensor])[0] as Tensor);
  const error = Float64Array.from(quotient, (q, i) => {
    const [size, gap] = [Math.abs(Number(q)), (divisor[i] ?? 0) - (eb[i] ?? 0)];
    const own = 5 * unit * size;
    const change = (ea[i] ?? 0) + size * (eb[i] ?? 0);
    return change === 0 ? own : gap > 0 ? change / gap + own : Number.POSITIVE_INFINITY;
  });
  return [activated(step, y as Tensor, error)];
}

function broadcastTo(tensor: Tensor, y: Tensor): Tensor {
  return evaluate('expand', { attrs: { shape: [...y.shape] } }, [tensor])[0] as Tensor;
}

/** Exact exponents: |p| (|x| + e)^(p - 1) e for p >= 1, the change over the interval for positive bases. */
function raised(step: Step, [y]: readonly Tensor[]): Errors {
  const [a, b] = step.inputs as readonly [Bounded, Bounded];
  const unit = unitOf(step.node);
  const spread = (tensor: Tensor): ArrayLike<number> => toNumbers(broadcastTo(tensor, y as Tensor));
  const [base, power] = [spread(a.tensor), spread(b.tensor)];
  const [ea, eb] = [spread(errorTensor(a)), spread(errorTensor(b))];
  const raw = Float64Array.from(base, (x, i) => Number(x) ** Number(power[i]));
  const error = raw.map((v, i) => {
    const [x, p, ex, ep] = [Number(base[i]), Number(power[i]), ea[i] ?? 0, eb[i] ?? 0];
    // exp2(p log2 x): an error of the logarithm counts p times
    const own = unit * Math.abs(v) * (8 + 8 * Math.abs(p * Math.log(Math.abs(x) || 1)) + 4 * Math.abs(p));
    if (ex === 0 && ep === 0) return own;
    if (ep === 0 && p >= 1 && Number.isInteger(p)) return own + p * (Math.abs(x) + ex) ** (p - 1) * ex;
    if (x - ex <= 0) return Number.POSITIVE_INFINITY;
    const ends = [-1, 1].flatMap((s) => [-1, 1].map((t) => (x + s * ex) ** (p + t * ep)));
    return own + ends.reduce((most, end) => Math.max(most, Math.abs(end - v)), 0);
  });
  return [activated(step, y as Tensor, error)];
}

/** p_i (exp(2 e + rounding of the difference) - 1), and gamma for the sum of n exponentials; never more than 0 <= p_i <= 1 allows. */
function softmaxError({ node, attrs, inputs }: Step, [y]: readonly Tensor[]): Errors {
  const x = inputs[0] as Bounded;
  const unit = unitOf(node);
  const values = toNumbers(x.tensor);
  const axes = { axes: [Number(attrs.axis)], keepdims: true };
  const wide = (op: string, tensor: Tensor): ArrayLike<number> =>
    toNumbers(broadcastTo(evaluate(op, { attrs: axes }, [tensor])[0] as Tensor, y as Tensor));
  const [top, worst] = [wide('reduce_max', x.tensor), wide('reduce_max', errorTensor(x))];
  const size = Number(x.tensor.shape.at(Number(attrs.axis)) ?? 1);
  return [
    Float64Array.from(toNumbers(y as Tensor), (p, i) => {
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

/** Nearest moves elements, linear sums their products with weights. */
function resized(step: Step, results: readonly Tensor[]): Errors {
  return step.attrs.mode === 'nearest' ? moved(step) : multilinear(step, results);
}

/** true and false are uncertain where the operands' intervals meet. */
function compared(step: Step, [y]: readonly Tensor[]): Errors {
  if (isExact(step)) return [null];
  const [a, b] = step.inputs as readonly [Bounded, Bounded];
  const spread = (tensor: Tensor): ArrayLike<number> => toNumbers(broadcastTo(tensor, y as Tensor));
  const [left, right] = [spread(a.tensor), spread(b.tensor)];
  const [ea, eb] = [spread(errorTensor(a)), spread(errorTensor(b))];
  const values = toNumbers(y as Tensor);
  return [
    Float64Array.from(values, (_, i) =>
      Math.abs(Number(left[i]) - Number(right[i])) <= (ea[i] ?? 0) + (eb[i] ?? 0) &&
      (ea[i] ?? 0) + (eb[i] ?? 0) > 0
        ? 1
        : 0,
    ),
  ];
}

/** The error of the choice; where the condition is uncertain, also the distance to the other. */
function chosen(step: Step, [y]: readonly Tensor[]): Errors {
  if (isExact(step)) return [null];
  const [condition, a, b] = step.inputs as readonly [Bounded, Bounded, Bounded];
  const pick = (c: Tensor, left: Tensor, right: Tensor): ArrayLike<number> =>
    toNumbers(evaluate('where', step, [c, left, right])[0] as Tensor);
  const own = pick(condition.tensor, errorTensor(a), errorTensor(b));
  if (!condition.error) return [Float64Array.from(own, Number)];
  const flipped = {
    ...condition.tensor,
    data: (condition.tensor.data as Uint8Array).map((v) => (v ? 0 : 1)),
  };
  const [other, otherError] = [
    pick(flipped, a.tensor, b.tensor),
    pick(flipped, errorTensor(a), errorTensor(b)),
  ];
  const doubt = toNumbers(broadcastTo({ ...errorTensor(condition) }, y as Tensor));
  const values = toNumbers(y as Tensor);
  return [
    Float64Array.from(values, (v, i) =>
      doubt[i]
        ? Math.abs(Number(v) - Number(other[i])) + Math.max(own[i] ?? 0, otherError[i] ?? 0)
        : (own[i] ?? 0),
    ),
  ];
}

/** One correct rounding: exact of exact inputs, else the change over the interval. */
function converted(step: Step, [y]: readonly Tensor[]): Errors {
  const [x] = step.inputs as readonly [Bounded];
  if (!x.error) return [null];
  const unit = unitRoundoff(step.attrs.to as DType);
  const values = toNumbers(x.tensor);
  if (unit > 0) return [x.error.map((e, i) => e + unit * (Math.abs(Number(values[i])) + e))];
  if (x.tensor.dtype === 'bool') return [x.error];
  return interval(step, [y as Tensor], () => 0);
}

/** One step where the quotient, rounded in float32, may fall to the other side of a tie. */
function quantized(step: Step, [y]: readonly Tensor[]): Errors {
  const [x] = step.inputs as readonly [Bounded];
  const values = toNumbers(x.tensor);
  const error = Float64Array.from(values, (v, i) => (x.error?.[i] ?? 0) + 2 ** -22 * Math.abs(Number(v)));
  return interval({ ...step, inputs: [{ tensor: x.tensor, error }] }, [y as Tensor], () => 0);
}

/** Errors go where the updates go; sums and products add roundings. */
function scattered(step: Step, results: readonly Tensor[]): Errors {
  const { attrs, inputs } = step;
  const [x, indices, updates] = inputs as readonly [Bounded, Bounded, Bounded];
  if (attrs.reduction === 'add' || attrs.reduction === 'mul') {
    const absolute = (factor: number): ArrayLike<number> =>
      toNumbers(
        evaluate('scatter_nd', step, [
          magnitude(x, factor),
          indices.tensor,
          magnitude(updates, factor),
        ])[0] as Tensor,
      );
    const [wide, narrow] = [absolute(1), absolute(0)];
    const rounding = gamma(indices.tensor.data.length, unitOf(step.node));
    return [Float64Array.from(wide, (m, i) => m - (narrow[i] ?? 0) + rounding * m)];
  }
  if (isExact(step)) return results.map(() => null);
  const reduction = attrs.reduction === 'none' ? 'none' : 'max';
  const carried = [errorTensor(x), indices.tensor, errorTensor(updates)];
  return [toNumbers(evaluate('scatter_nd', { attrs: { reduction } }, carried)[0] as Tensor) as Float64Array];
}
