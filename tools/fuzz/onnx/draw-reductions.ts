import { type DType, isFloat, itemAt, numElements } from '@ghostc/ir';
import { type Attrs, float, int, ints } from './attributes.ts';
import { type DrawRow, type Parts, row } from './draw-op.ts';
import { floatTypes, type ModelDraft, type Ref } from './model-draft.ts';

const reduceTypes: readonly DType[] = ['f32', 'f32', 'f32', 'f64', 'f16', 'i32', 'i64'];

/** Far from any overflow. */
const small = (v: number): boolean => Math.abs(v) < 100;

/** What compares; ONNX Runtime's order of NaN depends on where it is. */
const ordered = (v: number): boolean => !Number.isNaN(v);

const reduction = (op: string, types: readonly DType[] = reduceTypes): DrawRow =>
  row(op, (d) => {
    // sums of integers that overflow, and of nothing, are ONNX Runtime's own
    const whole = d.chance(25);
    const near = op === 'ReduceProd' ? (v: number) => Math.abs(v) < 2 : small;
    const dtypes = types.filter((type) => isFloat(type) !== whole);
    const x = d.value({
      dtypes: dtypes.length ? dtypes : types,
      solid: true,
      elements: whole ? near : undefined,
    });
    const since = op === 'ReduceSum' ? 13 : 18;
    const rank = x.shape.length;
    const signed = d.opset >= 11 ? d.axes(rank) : d.shuffled(rank).slice(0, d.between(0, rank));
    const { input, attrs } = d.axesOf(
      'axes',
      d.chance(70) && (signed.length || d.opset >= since) ? signed : undefined,
      since,
    );
    const noop = d.opset >= since ? d.maybe(30, int(d.below(2))) : undefined;
    d.add(op, [x, input], { ...attrs, keepdims: d.maybe(60, int(d.below(2))), noop_with_empty_axes: noop });
  });

const arg = (op: string): DrawRow =>
  row(op, (d) => {
    const x = d.value({
      dtypes: ['f32', 'f32', 'f64', 'f16', 'i32', 'i8', 'u8'],
      minRank: 1,
      solid: true,
      apart: true,
      elements: ordered,
    });
    const axis = d.opset >= 11 ? d.axis(x.shape.length) : d.below(x.shape.length);
    d.add(op, [x], {
      axis: d.maybe(80, int(axis)),
      keepdims: d.maybe(60, int(d.below(2))),
      select_last_index: d.opset >= 12 ? d.maybe(40, int(d.below(2))) : undefined,
    });
  });

const alongAxis = (op: string): DrawRow =>
  row(op, (d) => {
    const x = d.value({
      dtypes: floatTypes,
      minRank: 1,
      elements: op === 'Softmax' ? undefined : Number.isFinite,
    });
    const axis = d.opset >= 11 ? d.axis(x.shape.length) : d.below(x.shape.length);
    d.add(op, [x], { axis: d.maybe(80, int(axis)) });
  });

function drawLpNormalization(d: ModelDraft): void {
  const x = d.value({ dtypes: ['f32', 'f32', 'f64'], minRank: 1 });
  d.add('LpNormalization', [x], {
    axis: d.maybe(70, int(d.axis(x.shape.length))),
    p: d.maybe(70, int(d.pick([1, 2]))),
  });
}

function drawTopK(d: ModelDraft): void {
  const x = d.value({
    dtypes: ['f32', 'f32', 'f64', 'i32', 'i64'],
    minRank: 1,
    apart: true,
    elements: ordered,
  });
  const axis = d.opset >= 11 ? d.axis(x.shape.length) : d.below(x.shape.length);
  const k = d.between(0, itemAt(x.shape, axis));
  const order = d.opset >= 11 ? { largest: d.maybe(50, int(d.below(2))), sorted: d.maybe(20, int(1)) } : {};
  const attrs: Attrs = { axis: axis === -1 ? undefined : int(axis), ...order };
  if (d.opset < 10) {
    d.add('TopK', [x], { ...attrs, k: int(k) }, { outputs: 2 });
    return;
  }
  d.add('TopK', [x, d.vector([k])], attrs, { outputs: 2 });
}

/** Positive, as a variance is. */
function positive(d: ModelDraft, dtype: DType, shape: readonly number[]): Ref {
  return d.numbers(
    dtype,
    shape,
    Array.from({ length: numElements(shape) }, () => 0.1 + d.below(30) / 10),
    20,
  );
}

export const epsilonOf = (d: ModelDraft): Attrs[string] => d.maybe(60, float(d.pick([1e-5, 1e-3, 0.1])));

function drawBatchNormalization(d: ModelDraft): void {
  const x = d.value({ dtypes: floatTypes, minRank: d.chance(10) ? 1 : 2 });
  const c = [x.shape[1] ?? 1];
  const parameters = [
    d.fresh(x.dtype, c, 'plain'),
    d.fresh(x.dtype, c, 'plain'),
    d.fresh(x.dtype, c, 'plain'),
    positive(d, x.dtype, c),
  ];
  const training = d.opset >= 14 && d.chance(15);
  d.add(
    'BatchNormalization',
    [x, ...parameters],
    {
      epsilon: epsilonOf(d),
      momentum: d.maybe(30, float(d.pick([0.9, 0.5, 1]))),
      training_mode: training ? int(1) : undefined,
      spatial: d.opset < 9 ? d.maybe(20, int(1)) : undefined,
    },
    { outputs: training ? 3 : 1 },
  );
}

function drawInstanceNormalization(d: ModelDraft): void {
  // ONNX Runtime loses the digits of large numbers here
  const x = d.value({ dtypes: floatTypes, minRank: 3, solid: true, elements: (v) => !(Math.abs(v) > 100) });
  const c = [x.shape[1] ?? 1];
  d.add('InstanceNormalization', [x, d.fresh(x.dtype, c, 'plain'), d.fresh(x.dtype, c, 'plain')], {
    epsilon: epsilonOf(d),
  });
}

function drawGroupNormalization(d: ModelDraft): void {
  const groups = d.pick([1, 2, 3]);
  const channels = groups * d.pick([1, 2]);
  const spatial = Array.from({ length: d.between(1, 3) }, () => d.between(1, 4));
  // of float64 ONNX Runtime computes it in float32 from opset 21 on
  const x = d.value({ dtypes: ['f32', 'f32', 'f16'], shape: [d.pick([1, 2]), channels, ...spatial] });
  const c = [d.opset >= 21 ? channels : groups];
  d.add('GroupNormalization', [x, d.fresh(x.dtype, c, 'plain'), d.fresh(x.dtype, c, 'plain')], {
    num_groups: int(groups),
    epsilon: epsilonOf(d),
  });
}

function drawLayerNormalization(d: ModelDraft): void {
  const x = d.value({ dtypes: floatTypes, minRank: 1 });
  const axis = d.axis(x.shape.length);
  const inner = x.shape.slice(axis < 0 ? axis + x.shape.length : axis);
  const shift = d.chance(60) ? d.fresh(x.dtype, inner, 'plain') : null;
  const attrs = {
    axis: axis === -1 ? undefined : int(axis),
    epsilon: epsilonOf(d),
    stash_type: d.maybe(20, int(1)),
  };
  d.add('LayerNormalization', [x, d.fresh(x.dtype, inner, 'plain'), shift], attrs, {
    outputs: d.pick([1, 1, 3]),
  });
}

function drawRmsNormalization(d: ModelDraft): void {
  const x = d.value({ dtypes: floatTypes, minRank: 1 });
  const axis = d.axis(x.shape.length);
  const inner = x.shape.slice(axis < 0 ? axis + x.shape.length : axis);
  d.add('RMSNormalization', [x, d.fresh(x.dtype, inner, 'plain')], {
    axis: int(axis),
    epsilon: epsilonOf(d),
  });
}

function drawMeanVariance(d: ModelDraft): void {
  const x = d.value({ dtypes: floatTypes, minRank: 4, maxRank: 4 });
  const axes = d.maybe(60, ints(d.axes(4, d.between(1, 4))));
  d.add('MeanVarianceNormalization', [x], { axes });
}

function drawLrn(d: ModelDraft): void {
  // ONNX Runtime keeps a running sum, which no infinity leaves again
  const x = d.value({ dtypes: floatTypes, minRank: 4, maxRank: 4, elements: (v) => Math.abs(v) < 1e4 });
  const attrs = {
    alpha: d.maybe(60, float(d.pick([1e-4, 0.5]))),
    beta: d.maybe(60, float(d.pick([0.75, 0.5, 1]))),
  };
  d.add('LRN', [x], { size: int(d.pick([1, 3, 5, 2])), bias: d.maybe(60, float(d.pick([1, 2]))), ...attrs });
}

function drawMatMul(d: ModelDraft): void {
  const types: readonly DType[] = ['f32', 'f32', 'f32', 'f64', 'f16', 'i32', 'i64'];
  const a = d.value({ dtypes: types, minRank: 1, maxRank: 4 });
  const k = itemAt(a.shape, -1);
  const batch = a.shape.slice(0, -2).map((dim) => (d.chance(30) ? 1 : dim));
  const cut = d.chance(30) ? [] : batch;
  const shape = d.chance(15) ? [k] : [...cut, k, d.between(1, 5)];
  d.add('MatMul', [a, d.value({ dtypes: [a.dtype], shape })]);
}

function drawGemm(d: ModelDraft): void {
  const { inputs, attrs } = gemmParts(d, ['f32', 'f32', 'f32', 'f64', 'f16', 'i32']);
  d.add('Gemm', inputs, attrs);
}

export function gemmParts(d: ModelDraft, types: readonly DType[]): Parts {
  const a = d.value({ dtypes: types, minRank: 2, maxRank: 2, solid: true });
  const [ta, tb] = [d.chance(30), d.chance(30)];
  const [m = 1, k = 1] = ta ? [...a.shape].reverse() : a.shape;
  const n = d.between(1, 5);
  const b = d.value({ dtypes: [a.dtype], shape: tb ? [n, k] : [k, n] });
  const c = d.pick([[m, n], [n], [1, n], [m, 1], [1], [], undefined, undefined]);
  const wanted = c ?? (d.opset < 11 ? [n] : undefined);
  const attrs = {
    alpha: d.maybe(50, float(d.pick([0.5, 0, 2, -1]))),
    beta: d.maybe(50, float(d.pick([0.5, 0, 2]))),
    transA: ta ? int(1) : d.maybe(20, int(0)),
    transB: tb ? int(1) : d.maybe(20, int(0)),
  };
  return { inputs: [a, b, wanted && d.value({ dtypes: [a.dtype], shape: wanted })], attrs };
}

export const reductionRows: readonly DrawRow[] = [
  arg('ArgMax'),
  arg('ArgMin'),
  row('BatchNormalization', drawBatchNormalization),
  row('Gemm', drawGemm),
  row('GroupNormalization', drawGroupNormalization, 18),
  alongAxis('Hardmax'),
  row('InstanceNormalization', drawInstanceNormalization),
  row('LRN', drawLrn),
  row('LayerNormalization', drawLayerNormalization, 17),
  alongAxis('LogSoftmax'),
  row('LpNormalization', drawLpNormalization),
  row('MatMul', drawMatMul),
  row('MeanVarianceNormalization', drawMeanVariance, 9),
  row('RMSNormalization', drawRmsNormalization, 23),
  reduction('ReduceL1'),
  reduction('ReduceL2'),
  reduction('ReduceLogSum', floatTypes),
  reduction('ReduceLogSumExp', floatTypes),
  reduction('ReduceMax', [...reduceTypes, 'i8', 'u8']),
  reduction('ReduceMean'),
  reduction('ReduceMin', [...reduceTypes, 'i8', 'u8']),
  reduction('ReduceProd'),
  reduction('ReduceSum'),
  reduction('ReduceSumSquare'),
  alongAxis('Softmax'),
  row('TopK', drawTopK),
];
