import { type DType, f32, itemAt, numElements } from '@ghostc/ir';
import { dataTypeOf } from '@ghostc/onnx';
import { type Attrs, float, int, ints } from './attributes.ts';
import { type DrawRow, row } from './draw-op.ts';
import type { ModelDraft, Ref } from './model-draft.ts';

const bytes: readonly DType[] = ['i8', 'u8'];
const microsoft = 'com.microsoft';

/** A scale as an initializer: a power of two in half of the cases. */
function scale(d: ModelDraft, count?: number): Ref {
  const one = (): number => Math.fround(d.chance(50) ? 2 ** -d.between(1, 5) : 0.01 + d.below(100) / 900);
  return d.given(f32(count === undefined ? [] : [count], Array.from({ length: count ?? 1 }, one)), 3);
}

function zero(d: ModelDraft, dtype: DType, count?: number): Ref {
  const values = Array.from({ length: count ?? 1 }, () =>
    d.chance(40) ? 0 : dtype === 'u8' ? d.below(256) : d.between(-128, 127),
  );
  return d.numbers(
    dtype,
    count === undefined ? [] : [count],
    dtype === 'i8' || dtype === 'u8' ? values : values.map(() => 0),
    3,
  );
}

function drawQuantize(d: ModelDraft, domain = ''): void {
  // NaN is no integer: what it becomes depends on the processor
  const elements = (v: number): boolean => !Number.isNaN(v);
  const x = d.value({ dtypes: ['f32', 'f32', 'f32', 'f16'], minRank: 1, maxRank: 4, elements });
  const wide: readonly DType[] = d.opset >= 21 ? ['i16', 'u16'] : [];
  const to = d.pick([...bytes, ...bytes, ...wide]);
  const axis = d.axis(x.shape.length);
  const perAxis = !domain && d.opset >= 13 && d.chance(30);
  const count = perAxis ? itemAt(x.shape, axis) : undefined;
  const point = d.chance(80) ? zero(d, to, count) : null;
  const saturate = !domain && d.opset >= 19 ? { saturate: d.maybe(10, int(1)) } : {};
  const type = !point && d.opset >= 21 && !domain ? { output_dtype: d.maybe(40, int(dataTypeOf(to))) } : {};
  d.add(
    'QuantizeLinear',
    [x, scale(d, count), point],
    { axis: perAxis ? int(axis) : undefined, ...saturate, ...type },
    { domain },
  );
}

function drawDequantize(d: ModelDraft, domain = ''): void {
  const x = d.value({
    dtypes: [...bytes, ...bytes, 'i32', ...(d.opset >= 21 ? (['i16', 'u16'] as const) : [])],
    minRank: 1,
    maxRank: 4,
  });
  const axis = d.axis(x.shape.length);
  const perAxis = !domain && d.opset >= 13 && d.chance(30);
  const count = perAxis ? itemAt(x.shape, axis) : undefined;
  const point = d.chance(80) ? zero(d, x.dtype, count) : null;
  d.add(
    'DequantizeLinear',
    [x, scale(d, count), point],
    { axis: perAxis ? int(axis) : undefined },
    { domain },
  );
}

/** Now and then more products than float32 adds exactly. */
function innerSize(d: ModelDraft): number {
  return d.chance(10) ? d.between(250, 600) : d.between(1, 6);
}

function drawMatMulInteger(d: ModelDraft): void {
  const [m, k, n] = [d.between(1, 4), innerSize(d), d.between(1, 4)];
  const a = d.value({ dtypes: bytes, shape: d.chance(30) ? [2, m, k] : [m, k] });
  const b = weights(d, d.pick(bytes), [k, n]);
  const points = [
    d.chance(60) ? zero(d, a.dtype) : null,
    d.chance(60) ? zero(d, b.dtype, d.chance(30) ? n : undefined) : null,
  ];
  d.add('MatMulInteger', [a, b, ...points]);
}

/** a, which is integers or becomes them, b and a bias; of b scale and zero point may be one for a column. */
function drawRealProduct(d: ModelDraft, op: 'DynamicQuantizeMatMul' | 'MatMulIntegerToFloat'): void {
  const [m, k, n] = [d.between(1, 4), innerSize(d), d.between(1, 4)];
  const dynamic = op === 'DynamicQuantizeMatMul';
  const a = d.value({
    dtypes: dynamic ? ['f32'] : bytes,
    shape: d.chance(30) ? [2, m, k] : [m, k],
    ...(dynamic && { elements: Number.isFinite, solid: true }),
  });
  const b = weights(d, d.pick(bytes), [k, n]);
  const columns = d.chance(30) ? n : undefined;
  const point = (dtype: DType, count?: number): Ref | null => (d.chance(60) ? zero(d, dtype, count) : null);
  const bias = d.chance(50) ? d.fresh('f32', [n], 'plain') : null;
  const [own, points] = dynamic ? [[], []] : [[scale(d)], [point(a.dtype)]];
  const inputs = [a, b, ...own, scale(d, columns), ...points, point(b.dtype, columns), bias];
  d.add(op, inputs, {}, { domain: microsoft });
}

function drawQLinearMatMul(d: ModelDraft): void {
  const [m, k, n] = [d.between(1, 4), innerSize(d), d.between(1, 4)];
  const type = d.pick(bytes);
  const a = d.value({ dtypes: [type], shape: [m, k] });
  const b = weights(d, d.pick(bytes), [k, n]);
  const columns = d.chance(30) ? n : undefined;
  d.add('QLinearMatMul', [
    a,
    scale(d),
    zero(d, type),
    b,
    scale(d, columns),
    zero(d, b.dtype, columns),
    scale(d),
    zero(d, type),
  ]);
}

interface Window {
  readonly x: Ref;
  readonly w: Ref;
  readonly attrs: Attrs;
}

/** Over so many spatial axes. */
function window(d: ModelDraft, rank = 2): Window {
  const each = <T>(draw: () => T): T[] => Array.from({ length: rank }, draw);
  const group = d.pick([1, 1, 2]);
  const perGroup = d.chance(10) ? d.between(28, 70) : d.pick([1, 2]);
  const x = d.value({
    dtypes: bytes,
    shape: [d.pick([1, 2]), group * perGroup, ...each(() => d.between(3, 6))],
  });
  const kernel = each(() => d.between(1, 3));
  const type = x.dtype === 'i8' ? 'i8' : d.pick(bytes);
  const w = weights(d, type, [group * d.pick([1, 2]), perGroup, ...kernel]);
  const attrs = {
    group: group > 1 ? int(group) : undefined,
    strides: d.maybe(40, ints(each(() => d.pick([1, 2])))),
    pads: d.maybe(40, ints([...each(() => d.pick([0, 1])), ...each(() => 1)])),
  };
  return { x, w, attrs };
}

/** int8 of seven bits: ONNX Runtime adds two products of 8 bits in 16 where the processor has no VNNI. */
function weights(d: ModelDraft, dtype: DType, shape: readonly number[]): Ref {
  const [low, count] = dtype === 'u8' ? [0, 256] : [-63, 127];
  const values = Array.from({ length: numElements(shape) }, () => low + d.below(count));
  return d.numbers(dtype, shape, values, 5);
}

function drawConvInteger(d: ModelDraft): void {
  const { x, w, attrs } = window(d, d.pick([1, 2, 2, 3]));
  d.add(
    'ConvInteger',
    [x, w, d.chance(60) ? zero(d, x.dtype) : null, d.chance(40) ? zero(d, w.dtype) : null],
    attrs,
  );
}

function drawQLinearConv(d: ModelDraft): void {
  const { x, w, attrs } = window(d);
  const m = w.shape[0] ?? 0;
  const channels = d.chance(50) ? m : undefined;
  const wZero = d.numbers(
    w.dtype,
    channels === undefined ? [] : [channels],
    Array.from({ length: channels ?? 1 }, () => (w.dtype === 'u8' ? 128 : 0)),
    0,
  );
  const bias = d.chance(60)
    ? d.numbers(
        'i32',
        [m],
        Array.from({ length: m }, () => d.between(-500, 500)),
        5,
      )
    : null;
  const ends = [scale(d), zero(d, x.dtype), bias];
  d.add('QLinearConv', [x, scale(d), zero(d, x.dtype), w, scale(d, channels), wZero, ...ends], attrs);
}

/** Operands (x, scale, zero), then scale and zero of y. */
function contrib(op: string, operands: number, attrs: (d: ModelDraft) => Attrs = () => ({})): DrawRow {
  return row(`${microsoft}.${op}`, (d) => {
    const first = d.value({ dtypes: bytes, minRank: op.includes('Pool') ? 4 : 1, maxRank: 4 });
    const image = op.includes('Pool') && first.shape.slice(2).some((dim) => dim < 2);
    const x = image || first.shape.includes(0) ? d.fresh(first.dtype, [1, 2, 4, 5]) : first;
    const more = Array.from({ length: operands - 1 }, () => d.value({ dtypes: [x.dtype], shape: x.shape }));
    const inputs = [x, ...more].flatMap((ref) => [ref, scale(d), zero(d, ref.dtype)]);
    d.add(op, [...inputs, scale(d), zero(d, x.dtype)], attrs(d), { domain: microsoft });
  });
}

function drawQLinearConcat(d: ModelDraft): void {
  const first = d.value({ dtypes: bytes, minRank: 1, maxRank: 4 });
  const axis = d.below(first.shape.length);
  const part = (): Ref =>
    d.value({
      dtypes: [first.dtype],
      shape: first.shape.map((dim, a) => (a === axis ? d.between(1, 3) : dim)),
    });
  const parts = [first, part()].flatMap((ref) => [ref, scale(d), zero(d, ref.dtype)]);
  d.add(
    'QLinearConcat',
    [scale(d), zero(d, first.dtype), ...parts],
    { axis: int(axis) },
    { domain: microsoft },
  );
}

function drawQGemm(d: ModelDraft): void {
  const [m, k, n] = [d.between(1, 4), innerSize(d), d.between(1, 4)];
  const type = d.pick(bytes);
  const a = d.value({ dtypes: [type], shape: [m, k] });
  const turned = d.chance(40);
  const b = weights(d, type, turned ? [n, k] : [k, n]);
  const c = d.chance(60)
    ? d.numbers(
        'i32',
        [n],
        Array.from({ length: n }, () => d.between(-300, 300)),
        5,
      )
    : null;
  const ends = d.chance(70) ? [scale(d), zero(d, type)] : [];
  const attrs = { alpha: d.maybe(30, float(d.pick([1, 0.5]))), transB: turned ? int(1) : undefined };
  d.add('QGemm', [a, scale(d), zero(d, type), b, scale(d), zero(d, type), c, ...ends], attrs, {
    domain: microsoft,
  });
}

export const quantizedRows: readonly DrawRow[] = [
  row('ConvInteger', drawConvInteger, 10),
  row('DequantizeLinear', (d) => drawDequantize(d), 10),
  row(
    'DynamicQuantizeLinear',
    (d) =>
      d.add(
        'DynamicQuantizeLinear',
        [d.value({ dtypes: ['f32'], minRank: 1, elements: Number.isFinite, solid: true })],
        {},
        { outputs: 3 },
      ),
    11,
  ),
  row('MatMulInteger', drawMatMulInteger, 10),
  row('QLinearConv', drawQLinearConv, 10),
  row('QLinearMatMul', drawQLinearMatMul, 10),
  row('QuantizeLinear', (d) => drawQuantize(d), 10),
  row(`${microsoft}.DequantizeLinear`, (d) => drawDequantize(d, microsoft)),
  row(`${microsoft}.DynamicQuantizeMatMul`, (d) => drawRealProduct(d, 'DynamicQuantizeMatMul'), 11),
  row(`${microsoft}.MatMulIntegerToFloat`, (d) => drawRealProduct(d, 'MatMulIntegerToFloat')),
  row(`${microsoft}.QuantizeLinear`, (d) => drawQuantize(d, microsoft)),
  row(`${microsoft}.QGemm`, drawQGemm),
  row(`${microsoft}.QLinearConcat`, drawQLinearConcat),
  contrib('QLinearAdd', 2),
  contrib('QLinearAveragePool', 1, (d) => ({
    kernel_shape: ints([2, 2]),
    strides: d.maybe(50, ints([2, 1])),
    count_include_pad: d.maybe(30, int(1)),
  })),
  contrib('QLinearGlobalAveragePool', 1),
  contrib('QLinearLeakyRelu', 1, (d) => ({ alpha: d.maybe(60, float(d.pick([0.1, 0.5]))) })),
  contrib('QLinearMul', 2),
  contrib('QLinearSigmoid', 1),
  contrib('QLinearSoftmax', 1, (d) => ({ axis: int(-1), opset: int(d.opset) })),
];
