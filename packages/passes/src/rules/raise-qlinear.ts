import { type Attrs, itemAt, type Node, quantOf, type Tensor, tensor, type Value } from '@ghostc/ir';
import {
  type Activation,
  attrsOf,
  clampAttrs,
  evaluateOp,
  lookup,
  quantizeLinear,
  requantizeLinear,
  unaryTable,
  withDefaults,
} from '@ghostc/ops';
import type { Build } from '../build.ts';
import { constantData } from '../constant-math.ts';
import { carried, clamps, requantizedPairs, requantizedWindows, tabled, weighted } from '../op-groups.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { dequantizedFrom, fromConstant, realBias } from './dequantized-weights.ts';
import { batchNorm, batchNormAffine } from './fold-batch-norm.ts';
import { feedsQuantize, onlyMoves, sameQuant } from './integer-movement.ts';

// Float ops between dequantize_linear and quantize_linear (QDQ) become ops on integers. They round as
// `quantize_linear` specifies.

const dequantized = <N extends string>(name: N) => op('dequantize_linear', any(name)).orShared();

/** The output's quantisation, as given by `quantize_linear`. */
function outputOf(quantize: Node) {
  const { rounding, ...y } = requantizedOf(quantize);
  return y;
}

/** The output's quantisation and the rounding. */
function requantizedOf(quantize: Node) {
  return attrsOf(quantizeLinear, quantize);
}

/**
 * Attributes of the requantising op that replaces `float` and the `quantize` after it; undefined if its
 * activation is not a clamp.
 */
function requantizedAttrs(float: Node, quantize: Node): Attrs | undefined {
  const { activation = 'none', activation_params = [], ...own } = float.attrs;
  const y = requantizedOf(quantize);
  const clamp = clampAttrs(
    { activation, activation_params } as Activation,
    quantOf(quantize.output.type),
    y.y_dtype,
  );
  return clamp && { ...own, ...y, ...clamp };
}

function refusal(float: Node, quantize: Node, inputs: readonly (Value | undefined)[]): string | false {
  const { y_dtype } = outputOf(quantize);
  const other = inputs.find((input) => input && input.type.dtype !== y_dtype);
  if (y_dtype === 'u8') return 'the output is unsigned';
  if (other) return `%${other.name} is ${other.type.dtype}, the output ${y_dtype}`;
  return !requantizedAttrs(float, quantize) && `activation ${String(float.attrs.activation)} is no clamp`;
}

// quantize(relu|clip(y)), y from an op that can clamp   =>   quantize(y with the activation)
export const fuseClampBeforeQuantize = rule({
  name: 'fuse-clamp-before-quantize',
  match: op(
    'quantize_linear',
    op(clamps, op(`${weighted}|${requantizedPairs}`, any('x')).as('float').others().anyEpilogue()).as('act'),
  ).as('quantize'),
  unless: ({ float }) =>
    (!lookup(float.op).attrs.activation && `${float.op} has no activation`) ||
    ((float.attrs.activation ?? 'none') !== 'none' && 'there is an activation'),
  rewrite({ float, act, quantize }, build) {
    const { min, max } = withDefaults(lookup(act.op).attrs, act.attrs);
    const params = act.op === 'clip' ? [Number(min), Number(max)] : [];
    const attrs = { ...float.attrs, activation: act.op, activation_params: params };
    return build.node('quantize_linear', [build.node(float.op, float.inputs, attrs)], quantize.attrs);
  },
});

const unclamped = new Set(`${carried}|${tabled}|${requantizedWindows}|softmax`.split('|'));

// quantize(relu|clip(y)), y an input or from an op that becomes integer but cannot clamp   =>
// requantize(quantize(y)) with the clamp
export const clampAfterQuantize = rule({
  name: 'clamp-after-quantize',
  match: op('quantize_linear', op(clamps, any('y')).as('act')).as('quantize'),
  unless: ({ y, act, quantize }) =>
    (y.producer && !unclamped.has(y.producer.op) && `${y.producer.op} clamps, or stays in float`) ||
    (!clampOf(act, quantize.attrs) && 'the clamp has no levels'),
  rewrite: ({ y, act, quantize }, build) =>
    build.node('requantize', [build.node('quantize_linear', [y], quantize.attrs)], {
      ...requantizedOf(quantize),
      ...clampOf(act, quantize.attrs),
    }),
});

/** The integer bounds of a relu or clip before `quantize`. */
function clampOf(act: Node, quantize: Attrs): Attrs | undefined {
  const { min = 0, max = 0 } = withDefaults(lookup(act.op).attrs, act.attrs);
  const activation = { activation: act.op, activation_params: [Number(min), Number(max)] } as Activation;
  const { y_scale, y_zero_point, y_dtype } = attrsOf(quantizeLinear, { attrs: quantize });
  return clampAttrs(activation, { scale: [y_scale], zeroPoint: [y_zero_point] }, y_dtype);
}

// requantize(table of x), int8   =>   requantized table of x
export const foldRequantizeIntoLookup = rule({
  name: 'fold-requantize-into-lookup',
  match: op('requantize', op('qlinear_lookup', any('x'), constant('table')).as('lookup'))
    .as('requantize')
    .anyEpilogue(),
  unless: ({ lookup: { output }, requantize: { output: y } }) =>
    (output.type.dtype !== 'i8' || y.type.dtype !== 'i8') && 'it is not int8',
  rewrite({ x, table, lookup: node, requantize }, build) {
    const levels = { ...constantData(table), quant: quantOf(node.output.type) };
    const [moved] = evaluateOp(requantizeLinear, [levels], requantize.attrs);
    const { y_scale, y_zero_point, y_dtype } = attrsOf(requantizeLinear, requantize);
    const y = { y_scale, y_zero_point, y_dtype };
    return build.node('qlinear_lookup', [x, build.constant(moved as Tensor, table.name)], {
      ...node.attrs,
      ...y,
    });
  },
});

// quantize(conv(dequantize(x), dequantize(w), b))   =>   qlinear_conv(x, w, round(b / (sx sw)))
export const raiseQlinearWeighted = rule({
  name: 'raise-qlinear-weighted',
  match: op(
    'quantize_linear',
    op(weighted, dequantized('x'), op('dequantize_linear', constant('weight')).orShared())
      .as('float')
      .others()
      .anyEpilogue(),
  ).as('quantize'),
  unless: ({ x, weight, float, quantize }) =>
    refusal(float, quantize, [x]) || weightRefusal(weight, x, float.op) || biasRefusal(float),
  rewrite({ x, weight, float, quantize }, build) {
    const attrs = requantizedAttrs(float, quantize) ?? {};
    const [bias] = float.inputs.slice(2);
    const b = bias ? quantizedBias(bias, { x, weight, build }) : null;
    return build.node(...weightedOp(float, attrs, [x, weight, b]));
  },
});

type NodeParts = [string, (Value | null)[], Attrs];

/** A grouped convolution of one channel each is a depthwise one. */
function weightedOp(float: Node, attrs: Attrs, inputs: (Value | null)[]): NodeParts {
  if (float.op === 'fully_connected') return [`qlinear_${float.op}`, inputs, roundedLinear(attrs, inputs)];
  if (float.op !== 'conv2d') return [`qlinear_${float.op}`, inputs, attrs];
  const { group = 1, ...rest } = attrs;
  const [m, perGroup] = itemAt(inputs, 1).type.shape.map(Number);
  const depthwise = perGroup === 1 && (Number(group) > 1 || m === 1);
  return depthwise
    ? ['qlinear_depthwise_conv2d', inputs, { ...rest, multiplier: Number(m) / Number(group) }]
    : ['qlinear_conv2d', inputs, attrs];
}

/**
 * If layers round as TFLite's do, a fully connected one with a single scale rounds once, like TFLite's
 * kernel.
 */
function roundedLinear(attrs: Attrs, [, weight]: readonly (Value | null)[]): Attrs {
  return weight?.type.quant?.axis === undefined ? { ...attrs, rounding: 'single' } : attrs;
}

function weightRefusal({ name, type: { dtype, quant } }: Value, x: Value, op: string): string | false {
  if (dtype !== 'i8') return `weight %${name} is ${dtype}`;
  const symmetric = op === 'conv_transpose2d' || x.type.dtype === 'i16';
  if (symmetric && quant?.zeroPoint.some((zero) => zero !== 0)) return `weight %${name} is asymmetric`;
  return Boolean(quant?.axis) && `weight %${name} is quantised along axis ${quant?.axis}, not 0`;
}

function biasRefusal(float: Node): string | false {
  if (float.inputs[3]) return 'there is a residual';
  return !fromConstant(float.inputs[2]) && 'the bias is not constant';
}

/** The bias in units of sx sw[m]: its own integers if they are in these units, otherwise rounded. */
function quantizedBias(bias: Value, { x, weight, build }: { x: Value; weight: Value; build: Build }): Value {
  const [sx, w] = [x.type.quant?.scale[0] ?? 1, quantOf(weight.type)];
  const count = Number(bias.type.shape[0]);
  const scale = Array.from({ length: count }, (_, m) => sx * (w.scale[w.axis === undefined ? 0 : m] ?? 1));
  const real = realBias(bias);
  const levels = scale.map((s, m) => Math.round((real[m] ?? 0) / s));
  const [dtype, data] =
    x.type.dtype === 'i16'
      ? (['i64', BigInt64Array.from(levels, BigInt)] as const)
      : (['i32', Int32Array.from(levels, saturated)] as const);
  const quant = { scale, zeroPoint: levels.map(() => 0), axis: 0 };
  return build.constant({ dtype, shape: [count], data, quant }, (dequantizedFrom(bias) ?? bias).name);
}

function saturated(level: number): number {
  return Math.min(Math.max(level, -(2 ** 31)), 2 ** 31 - 1);
}

// quantize(f(dequantize(a), dequantize(b)))   =>   qlinear_f(a, b)
export const raiseQlinearBinary = rule({
  name: 'raise-qlinear-binary',
  match: op(
    'quantize_linear',
    op(requantizedPairs, dequantized('a'), dequantized('b')).as('float').anyEpilogue(),
  ).as('quantize'),
  unless: ({ a, b, float, quantize }) =>
    refusal(float, quantize, [a, b]) ||
    ([a, b].some(({ type }) => type.quant?.axis !== undefined) && 'an operand has a scale for each channel'),
  rewrite: ({ a, b, float, quantize }, build) =>
    build.node(`qlinear_${float.op}`, [a, b], requantizedAttrs(float, quantize)),
});

// quantize(pool(dequantize(x)))   =>   qlinear_pool(x)
export const raiseQlinearPool = rule({
  name: 'raise-qlinear-pool',
  match: op('quantize_linear', op(requantizedWindows, dequantized('x')).as('float')).as('quantize'),
  unless: ({ x, float, quantize }) => refusal(float, quantize, [x]),
  rewrite: ({ x, float, quantize }, build) =>
    build.node(`qlinear_${float.op}`, [x], requantizedAttrs(float, quantize)),
});

// quantize(softmax(dequantize(x))) with the scale 1/256 and the zero point -128   =>   qlinear_softmax(x)
export const raiseQlinearSoftmax = rule({
  name: 'raise-qlinear-softmax',
  match: op('quantize_linear', op('softmax', dequantized('x')).as('float')).as('quantize'),
  unless: ({ x, quantize }) => {
    const { y_scale, y_zero_point, y_dtype } = outputOf(quantize);
    if (x.type.dtype !== 'i8' || y_dtype !== 'i8') return 'it is not int8';
    return (
      (y_scale !== 1 / 256 || y_zero_point !== -128) && `scale ${y_scale} and zero point ${y_zero_point}`
    );
  },
  rewrite: ({ x, float, quantize }, build) =>
    build.node('qlinear_softmax', [x], { ...float.attrs, ...outputOf(quantize) }),
});

// quantize(f(dequantize(x)))   =>   qlinear_lookup(x, table of f)
export const raiseQlinearLookup = rule({
  name: 'raise-qlinear-lookup',
  match: op('quantize_linear', op(tabled, dequantized('x')).as('float').orShared()).as('quantize'),
  unless: ({ x, float, quantize }) =>
    ((outputOf(quantize).y_dtype !== x.type.dtype || x.type.dtype === 'u8') &&
      'input and output differ in type') ||
    ([...float.output.users].some((user) => user.op !== 'quantize_linear') && 'it is needed as a float'),
  rewrite({ x, float, quantize }, build) {
    const y = outputOf(quantize);
    const table = build.constant(
      unaryTable(float.op, float.attrs, x.type, requantizedOf(quantize)),
      `${quantize.output.name}_table`,
    );
    return build.node('qlinear_lookup', [x, table], y);
  },
});

// quantize(relu|clip(dequantize(x)))   =>   requantize(x) with a clamp
export const raiseRequantizeClamp = rule({
  name: 'raise-requantize-clamp',
  match: op('quantize_linear', op(clamps, dequantized('x')).as('float')).as('quantize'),
  unless: ({ x, quantize }) => refusal(quantize, quantize, [x]),
  rewrite({ x, float, quantize }, build) {
    return build.node('requantize', [x], { ...requantizedOf(quantize), ...clampOf(float, quantize.attrs) });
  },
});

// relu(dequantize(x))   =>   dequantize(requantize(x) with a clamp): 0 is one of the levels
export const sinkDequantizeBelowRelu = rule({
  name: 'sink-dequantize-below-relu',
  match: op('relu', dequantized('x')).as('float'),
  unless: ({ x, float }) =>
    (x.constant && '%x is constant') ||
    (x.type.dtype === 'u8' && '%x is unsigned') ||
    (!feedsQuantize(float.output) && 'nothing quantises it'),
  rewrite: ({ x, float }, build) =>
    build.node('dequantize_linear', [
      build.node('requantize', [x], { ...sameLevels(x), ...clampOf(float, sameLevels(x)) }),
    ]),
});

// average(dequantize(x)) read only by layers   =>   dequantize(qlinear_average(x)) in the scale of x, as
// torch converts it
export const averageBeforeLayer = rule({
  name: 'average-before-layer',
  match: op('average_pool|global_average_pool', dequantized('x')).as('float'),
  unless: ({ x, float }) =>
    (x.type.dtype !== 'i8' && x.type.dtype !== 'i16' && `%x is ${x.type.dtype}`) ||
    (!feedsLayers(float.output) && 'not all that it feeds are layers with integer weights'),
  rewrite: ({ x, float }, build) =>
    build.node('dequantize_linear', [
      build.node(`qlinear_${float.op}`, [x], { ...float.attrs, ...sameLevels(x) }),
    ]),
});

/** Attributes of a requantising op that keeps the quantisation of x; it rounds once. */
function sameLevels({ type }: Value): Attrs {
  const { scale, zeroPoint } = quantOf(type);
  return { y_scale: scale[0] ?? 1, y_zero_point: zeroPoint[0] ?? 0, y_dtype: type.dtype, rounding: 'single' };
}

const layers = new Set([...weighted.split('|'), 'gemm', 'matmul']);
const movements = new Set(carried.split('|'));

/** Whether movements lead only to layers with integer weights that are quantised. */
function feedsLayers({ users }: Value): boolean {
  return (
    users.size > 0 &&
    [...users].every(({ op: name, inputs, output }) =>
      movements.has(name)
        ? feedsLayers(output)
        : layers.has(name) && inputs[1] && dequantizedFrom(inputs[1])?.constant && feedsQuantize(output),
    )
  );
}

// batch_norm(dequantize(x)) = k x + d   =>   depthwise_conv2d(dequantize(x), 127 of scale k / 127, d), pointwise
export const raiseBatchNorm = rule({
  name: 'raise-batch-norm',
  match: batchNorm(dequantized('x')),
  unless: ({ x, bn }) =>
    (x.type.shape.length !== 4 && '%x is no image') || (!feedsQuantize(bn.output) && 'nothing quantises it'),
  rewrite({ bn, ...norm }, build) {
    const { factors, offsets } = batchNormAffine({ bn, ...norm });
    const shape = [factors.length, 1, 1, 1];
    const scale = factors.map((k) => Math.fround(Math.abs(k) / 127) || 1);
    const quant = { scale, zeroPoint: factors.map(() => 0), axis: 0 };
    const data = Int8Array.from(factors, (k) => 127 * Math.sign(k));
    const weight = build.constant({ dtype: 'i8', shape, data, quant }, norm.scale.name);
    const bias = build.constant(tensor('f32', [factors.length], Float32Array.from(offsets)), norm.shift.name);
    const w = build.node('dequantize_linear', [weight]);
    return build.node('depthwise_conv2d', [bn.inputs[0] ?? null, w, bias]);
  },
});

// quantize(dequantize(x))   =>   requantize(x), or x if nothing changes
export const raiseRequantize = rule({
  name: 'raise-requantize',
  match: op('quantize_linear', dequantized('x')).as('quantize'),
  unless: ({ x }) => Boolean(x.constant) && '%x is constant',
  rewrite: ({ x, quantize }, build) =>
    sameQuant(x, quantize.output) ? x : build.node('requantize', [x], requantizedOf(quantize)),
});

// quantize(move(x, ...))   =>   move(quantize(x), ...)
export const quantizeBeforeMovement = rule({
  name: 'quantize-before-movement',
  match: op('quantize_linear', op(carried, any('x')).as('float').others()).as('quantize'),
  unless({ float, quantize }) {
    if (outputOf(quantize).y_dtype === 'u8') return 'the output is unsigned';
    return onlyMoves(float) || (float.inputs.some((x) => x?.constant) && 'a part is constant');
  },
  rewrite({ float, quantize }, build) {
    const parts = float.inputs.map((x) => x && build.node('quantize_linear', [x], quantize.attrs));
    return build.node(float.op, parts, float.attrs);
  },
});

// depthwise(x[:, :k]), k channels read   =>   depthwise(x), which reads only those
export const foldSliceIntoQlinearDepthwise = rule({
  name: 'fold-slice-into-qlinear-depthwise',
  match: op('qlinear_depthwise_conv2d', op('slice', any('x')).as('slice').orShared(), any('weight'))
    .as('conv')
    .others()
    .anyEpilogue(),
  unless({ x, slice, conv }) {
    const { starts, axes, steps = [] } = slice.attrs;
    const leading =
      axes?.length === 1 && axes[0] === 1 && starts?.[0] === 0 && steps.every((step) => step === 1);
    if (!leading) return 'it does not keep the first channels';
    return !Number.isInteger(conv.attrs.multiplier ?? 1) && `%${x.name} has groups of several channels`;
  },
  rewrite: ({ x, conv }, build) => build.node(conv.op, [x, ...conv.inputs.slice(1)], conv.attrs),
});
