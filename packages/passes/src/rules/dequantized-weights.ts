import {
  type Attrs,
  constantOf,
  elementMover,
  isStatic,
  type Node,
  quantOf,
  type Tensor,
  type Value,
} from '@ghostc/ir';
import type { Build } from '../build.ts';
import { constantData, numbersOf } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { batchNorm, batchNormAffine } from './fold-batch-norm.ts';

const weight = op('dequantize_linear', constant('weight')).orShared();

// add(conv(x, dequantized w), c), c one number per channel   =>   conv(x, dequantized w, c)
export const foldBiasIntoDequantizedConv = rule({
  name: 'fold-bias-into-dequantized-conv',
  match: op('add', op('conv2d|depthwise_conv2d', any('x'), weight).as('conv').others(), constant('c'))
    .as('sum')
    .anyEpilogue(),
  unless: ({ conv, c }) => (conv.inputs.length > 2 && 'there is a bias') || notPerChannel(c, conv.output),
  rewrite({ conv, c, sum }, build) {
    const count = Number(conv.output.type.shape[1]);
    const { data, ...rest } = constantData(c);
    const spread = Float32Array.from({ length: count }, (_, m) => Number(data[data.length === 1 ? 0 : m]));
    const bias = build.constant({ ...rest, shape: [count], data: spread }, c.name);
    return build.node(conv.op, [...conv.inputs.slice(0, 2), bias], { ...conv.attrs, ...sum.attrs });
  },
});

const layer = op('conv2d|depthwise_conv2d|fully_connected', any('x'), weight).as('conv').others();

// conv(x, dequantized w, b) c or / c, c one number per channel   =>   conv(x, dequantized w of scale s c, b c)
export const foldFactorIntoDequantizedConv = rule({
  name: 'fold-factor-into-dequantized-conv',
  match: op('mul|div', layer, constant('c')).as('product').anyEpilogue(),
  unless: ({ weight: w, conv, c, product }) =>
    notAffine(conv) || notPerChannel(c, conv.output) || notScalable(w, factorsOf(c, product)),
  rewrite({ x, weight: w, conv, c, product }, build) {
    const factors = factorsOf(c, product);
    const bias = conv.inputs[2] ? realBias(conv.inputs[2]) : undefined;
    return affineConv({ x, w, conv }, { factors, offsets: bias?.map((b, m) => b * at(factors, m)) }, build, {
      ...conv.attrs,
      ...product.attrs,
    });
  },
});

// batch_norm(conv(x, dequantized w, b)) = k conv(x, w) + k b + d   =>   conv(x, dequantized w of scale s k, k b + d)
export const foldBatchNormIntoDequantizedConv = rule({
  name: 'fold-batch-norm-into-dequantized-conv',
  match: batchNorm(layer),
  unless: ({ weight: w, conv, ...norm }) => notAffine(conv) || notScalable(w, batchNormAffine(norm).factors),
  rewrite({ x, weight: w, conv, ...norm }, build) {
    const { factors, offsets } = batchNormAffine(norm);
    const bias = conv.inputs[2] ? realBias(conv.inputs[2]) : [];
    const shifted = offsets.map((d, m) => (bias[m] ?? 0) * at(factors, m) + d);
    return affineConv({ x, w, conv }, { factors, offsets: shifted }, build, conv.attrs);
  },
});

function at(list: readonly number[], m: number): number {
  return list[list.length === 1 ? 0 : m] ?? 0;
}

/** The factor of each channel in a product or quotient. */
function factorsOf(c: Value, product: Node): number[] {
  return Array.from(numbersOf(c), (v) => (product.op === 'div' ? 1 / Number(v) : Number(v)));
}

function notAffine(conv: Node): string | false {
  if (!fromConstant(conv.inputs[2])) return 'the bias is not constant';
  if (conv.inputs[3]) return 'there is a residual';
  return (conv.attrs.activation ?? 'none') !== 'none' && 'there is an activation';
}

/** Factors go into scales, which are positive; the sign goes into the integers. */
function notScalable(w: Value, factors: readonly number[]): string | false {
  const { dtype } = w.type;
  if (dtype !== 'i8') return `weight %${w.name} is ${dtype}`;
  if (!factors.every((k) => k !== 0 && Number.isFinite(k))) return 'a channel is multiplied by 0';
  const levels = [...Array.from(numbersOf(w), Number), ...quantOf(w.type).zeroPoint];
  return factors.some((k) => k < 0) && levels.includes(-128) && `%${w.name} has -128, which has no negative`;
}

function affineConv(
  { x, w, conv }: { x: Value; w: Value; conv: Node },
  { factors, offsets }: { factors: readonly number[]; offsets: readonly number[] | undefined },
  build: Build,
  attrs: Attrs,
): Value {
  const tensor = constantData(w);
  const count = Number(tensor.shape[0]);
  const { scale, zeroPoint } = quantOf(w.type);
  const channels = Array.from({ length: count }, (_, m) => m);
  const inner = tensor.data.length / Math.max(1, count);
  const sign = (m: number): number => Math.sign(at(factors, m));
  const quant = {
    scale: channels.map((m) => Math.fround(at(scale, m) * Math.abs(at(factors, m)))),
    zeroPoint: channels.map((m) => at(zeroPoint, m) * sign(m) + 0), // never -0
    axis: 0,
  };
  const data = Int8Array.from(numbersOf(w), (level, i) => level * sign(Math.floor(i / inner)));
  const moved = build.node('dequantize_linear', [build.constant({ ...tensor, data, quant }, w.name)]);
  const bias =
    offsets &&
    build.constant({ dtype: 'f32', shape: [count], data: Float32Array.from(offsets) }, conv.output.name);
  return build.node(conv.op, [x, moved, bias ?? null], attrs);
}

/** In double precision, so that integers in the right units are recovered exactly. */
export function realBias(bias: Value): number[] {
  const source = dequantizedFrom(bias) ?? bias;
  const { scale = [1], zeroPoint = [0] } = source.type.quant ?? {};
  return Array.from(numbersOf(source), (v, m) => at(scale, m) * (Number(v) - at(zeroPoint, m)));
}

// gemm(x, dequantized w, b)   =>   fully_connected(x, dequantized w, b)
export const dequantizedGemm = rule({
  name: 'dequantized-gemm',
  match: op('gemm', any('x'), weight).as('gemm').others(),
  unless: ({ gemm }) => {
    const { alpha = 1, beta = 1, trans_a = false } = gemm.attrs;
    const c = gemm.inputs[2] ?? null;
    if (alpha !== 1 || beta !== 1 || trans_a) return 'it scales or transposes x';
    const bias = !c || (c.type.shape.length === 1 && c.type.shape[0] === gemm.output.type.shape[1]);
    return !bias && 'c is no bias';
  },
  rewrite: ({ x, weight: w, gemm }, build) => {
    const rows = gemm.attrs.trans_b ? w : build.constant(transposed(w), w.name);
    return build.node('fully_connected', [
      x,
      build.node('dequantize_linear', [rows]),
      gemm.inputs[2] ?? null,
    ]);
  },
});

// matmul(x, dequantized w)   =>   fully_connected(x, dequantized transposed w)
export const dequantizedMatmul = rule({
  name: 'dequantized-matmul',
  match: op('matmul', any('x'), weight),
  unless: ({ x, weight: w }) =>
    (x.type.shape.length !== 2 || w.type.shape.length !== 2) && 'the operands are no matrices',
  rewrite: ({ x, weight: w }, build) =>
    build.node('fully_connected', [
      x,
      build.node('dequantize_linear', [build.constant(transposed(w), w.name)]),
    ]),
});

// mul(cast(cast(round(mul(conv(x, dequantized w), c)))), s): a ConvInteger with its scale   =>   conv(x, dequantized w of scale c s)
export const scaleIntegerConv = rule({
  name: 'scale-integer-conv',
  match: op(
    'mul',
    op(
      'cast',
      op(
        'cast',
        op('round', op('mul', op('conv2d', any('x'), weight).as('conv').others(), constant('unit'))),
      ).where(({ to }) => to === 'i32'),
    ).where(({ to }) => to === 'f32'),
    constant('s'),
  )
    .as('scaled')
    .anyEpilogue(),
  unless: ({ conv, unit, s }) =>
    (conv.inputs.length > 2 && 'there is a bias') ||
    (unit.constant?.data.length !== 1 && 'the unit is no number') ||
    notPerChannel(s, conv.output),
  rewrite({ x, weight: w, conv, unit, s, scaled }, build) {
    const { zeroPoint } = quantOf(w.type);
    const factor = Number(numbersOf(unit)[0]);
    const factors = Array.from(numbersOf(s), (v) => Math.fround(Number(v) * factor));
    const count = Math.max(factors.length, zeroPoint.length);
    const spread = (list: readonly number[]): number[] =>
      Array.from({ length: count }, (_, m) => list[list.length === 1 ? 0 : m] ?? 0);
    const parts = { scale: spread(factors), zeroPoint: spread(zeroPoint) };
    const quant = count === 1 ? parts : { ...parts, axis: 0 };
    const rescaled = build.constant({ ...constantData(w), quant }, w.name);
    const attrs = { ...conv.attrs, ...scaled.attrs };
    return build.node(conv.op, [x, build.node('dequantize_linear', [rescaled])], attrs);
  },
});

function transposed(w: Value): Tensor {
  const { data, shape, dtype } = constantOf(w);
  const [rows = 1, columns = 1] = shape;
  const out = data.slice();
  const move = elementMover(out, data);
  for (let i = 0; i < out.length; i++) move(i, (i % rows) * columns + Math.floor(i / rows));
  const { scale, zeroPoint, axis } = quantOf(w.type);
  return {
    dtype,
    shape: [columns, rows],
    data: out,
    quant: axis === undefined ? { scale, zeroPoint } : { scale, zeroPoint, axis: 1 - axis },
  };
}

function notPerChannel(c: Value, y: Value): string | false {
  const channels = y.type.shape[1];
  const missing = Math.max(0, y.type.shape.length - c.type.shape.length);
  const shape = [...new Array<number>(missing).fill(1), ...c.type.shape];
  const fits =
    shape.length === y.type.shape.length &&
    shape.every((dim, axis) => dim === 1 || (axis === 1 && dim === channels));
  return !(fits && isStatic(channels ?? '')) && `%${c.name} is not one number per channel`;
}

/** Whether the value is a constant, or dequantised from one. */
export function fromConstant(value: Value | null | undefined): boolean {
  return Boolean(!value || value.constant || dequantizedFrom(value)?.constant);
}

/** The integers from which a value is dequantised. */
export function dequantizedFrom(value: Value): Value | undefined {
  const node: Node | null = value.producer;
  return node?.op === 'dequantize_linear' ? (node.inputs[0] ?? undefined) : undefined;
}
