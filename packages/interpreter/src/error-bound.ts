import {
  type Attrs,
  type Graph,
  isFloat,
  type Node,
  type Tensor,
  tensorType,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { lookup, withDefaults } from '@ghostc/ops';

/** Unit roundoff of float32. */
const UNIT = 2 ** -24;

/** Ops whose error grows by more than their magnitude: no bound is derived behind them. */
const unbounded = new Set([
  'pow',
  'exp',
  'log',
  'sqrt',
  'reciprocal',
  'elu',
  'softplus',
  'floor',
  'ceil',
  'round',
  'cast',
]);

/** Monotone activations with a slope of at most `alpha` or about 1: an error passes through, the result adds a rounding. */
const passThrough = new Set([
  'relu',
  'clip',
  'hard_sigmoid',
  'hard_swish',
  'sigmoid',
  'tanh',
  'leaky_relu',
  'silu',
  'neg',
  'abs',
  'identity',
  'dropout',
]);

/** Slope of hard-swish and silu is at most 1.5 and 1.1. */
const SLOPE = 1.5;

/**
 * A bound on the error of each output element when the graph is computed in float32 in any order of summation:
 * gamma_n * m, with m the result of the same ops on absolute values and n the roundings along the longest path
 * (Higham, Accuracy and Stability of Numerical Algorithms, section 3). null for outputs behind an op that can amplify errors
 * without bound, such as a division by a computed value.
 */
export function errorBounds(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
): Map<string, Float64Array | null> {
  const roundings = new Map<Value, number>();
  const magnitudes = new Map<Value, Tensor | null>();
  for (const input of graph.inputs) magnitudes.set(input, absolute(inputs.get(input.name)));
  for (const value of graph.constants) magnitudes.set(value, absolute(value.constant));
  for (const node of graph.nodes()) boundNode(node, magnitudes, roundings);
  return new Map(
    graph.outputs.map(({ name, value }) => [
      name,
      bound(magnitudes.get(value) ?? null, roundings.get(value) ?? 0),
    ]),
  );
}

function bound(magnitude: Tensor | null, n: number): Float64Array | null {
  if (!magnitude) return null;
  const gamma = (n * UNIT) / (1 - n * UNIT);
  return Float64Array.from(toNumbers(magnitude), (m) => gamma * Number(m));
}

function boundNode(node: Node, magnitudes: Map<Value, Tensor | null>, roundings: Map<Value, number>): void {
  const inputs = node.inputs.map((value) => (value ? (magnitudes.get(value) ?? null) : null));
  const known = node.inputs.every((value, i) => value === null || inputs[i]);
  const results = known ? magnitudeOf(node, inputs) : null;
  const n =
    Math.max(0, ...node.inputs.map((value) => (value ? (roundings.get(value) ?? 0) : 0))) + roundingsOf(node);
  node.outputs.forEach((value, i) => {
    magnitudes.set(value, results?.[i] ?? null);
    roundings.set(value, n);
  });
}

/** The op on absolute values, with every operation replaced by one that adds magnitudes up; null where none does. */
function magnitudeOf(node: Node, inputs: readonly (Tensor | null)[]): readonly Tensor[] | null {
  const [x] = inputs;
  if (unbounded.has(node.op) || !x || !isFloat(x.dtype)) return null;
  if (passThrough.has(node.op)) return [grown(x, node)];
  if (node.op === 'div' && !node.inputs[1]?.constant) return null;
  const op =
    node.op === 'sub' || node.op === 'maximum' || node.op === 'minimum' || node.op === 'prelu'
      ? 'add'
      : node.op;
  const absoluteInputs = node.op === 'batch_norm' ? batchNormInputs(inputs) : inputs;
  const definition = lookup(op);
  const attrs = plainAttrs(node);
  const types = definition.inferTypes(
    absoluteInputs.map((input) => input && tensorType(input)),
    attrs,
  );
  const results = definition.evaluateTensors(absoluteInputs, attrs, types);
  if (node.op === 'softmax')
    return [{ ...x, data: Float32Array.from(toNumbers(x), () => 2 * largest(x) + 1) }];
  return (node.attrs.activation ?? 'none') === 'none' && node.op !== 'squeeze_excite'
    ? results
    : results.map((result) => grown(result, node));
}

/** |x| after an activation: errors grow by its slope, and its own roundings are of the size of at most |x| + 1. */
function grown(x: Tensor, node: Node): Tensor {
  const alpha = Math.abs(Number(node.attrs.alpha ?? 1));
  const factor = Math.max(SLOPE, node.op === 'leaky_relu' || node.op === 'hard_sigmoid' ? alpha : 1);
  return { ...x, data: Float32Array.from(toNumbers(x), (v) => factor * Number(v) + 1) };
}

/** y = s (x - m) / sqrt(v + e) + t: with |s|, |t| and -|m| every term is positive. */
function batchNormInputs([x, scale, shift, mean, variance]: readonly (Tensor | null)[]): (Tensor | null)[] {
  const negated = mean && { ...mean, data: Float32Array.from(toNumbers(mean), (v) => -Number(v)) };
  return [x ?? null, scale ?? null, shift ?? null, negated ?? null, variance ?? null];
}

function plainAttrs(node: Node): Attrs {
  const attrs = withDefaults(lookup(node.op).attrs, node.attrs);
  const { activation: _, activation_params: __, ...rest } = attrs;
  if (node.op === 'gemm')
    return { ...rest, alpha: Math.abs(Number(attrs.alpha)), beta: Math.abs(Number(attrs.beta)) };
  if (node.op === 'ghost_module') return { ...rest, relu: false };
  return node.op === 'pad' ? { ...rest, value: Math.abs(Number(attrs.value)) } : rest;
}

/** Roundings of one op: the length of its sums, and some for activation, folding of weights and library functions. */
function roundingsOf(node: Node): number {
  const OVERHEAD = 8;
  const traits = lookup(node.op).traits;
  if (traits.has('movement')) return 0;
  if (!traits.has('reduction')) return OVERHEAD;
  const weights = node.inputs.slice(1).reduce((sum, value) => sum + sumLength(value), 0);
  const x = node.inputs[0]?.type.shape ?? [];
  const all = x.slice(1).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
  return OVERHEAD + (weights || all);
}

/** Elements of one output channel's weights. */
function sumLength(value: Value | null): number {
  const data = value?.constant;
  return data && data.shape.length > 1 ? data.data.length / (data.shape[0] || 1) : 0;
}

function absolute(tensor: Tensor | null | undefined): Tensor | null {
  if (!tensor || !isFloat(tensor.dtype)) return tensor ?? null;
  return {
    dtype: 'f32',
    shape: tensor.shape,
    data: Float32Array.from(toNumbers(tensor), (v) => Math.abs(Number(v))),
  };
}

function largest(x: Tensor): number {
  return Array.from(toNumbers(x), Number).reduce((most, v) => Math.max(most, v), 0);
}
