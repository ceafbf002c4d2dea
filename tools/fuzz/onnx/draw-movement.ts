import { type DType, fromNumbers, itemAt, numElements, type Tensor } from '@ghostc/ir';
import { dataTypeOf } from '@ghostc/onnx';
import { type Attrs, float, floats, int, ints, tensor, text } from './attributes.ts';
import { type DrawRow, row } from './draw-op.ts';
import { allTypes, floatTypes, type ModelDraft, type Ref } from './model-draft.ts';

const castTypes: readonly DType[] = [
  'f32',
  'f16',
  'f64',
  'i8',
  'u8',
  'i16',
  'u16',
  'i32',
  'u32',
  'i64',
  'u64',
  'bool',
];

/** What every type holds, so that no cast is undefined. */
const castable = (v: number): boolean => Math.abs(v) < 100;

function castSource(d: ModelDraft, to: DType): Ref {
  const free = to.startsWith('f') || to === 'bool';
  return d.value({
    dtypes: allTypes,
    ...(free ? {} : { elements: to.startsWith('u') ? (v) => v >= 0 && v < 100 : castable }),
  });
}

function drawCast(d: ModelDraft): void {
  const to = d.pick(castTypes);
  d.add('Cast', [nonNegative(d, to)], { to: int(dataTypeOf(to)) });
}

function nonNegative(d: ModelDraft, to: DType): Ref {
  if (!to.startsWith('u')) return castSource(d, to);
  const shape = d.shape(0);
  const values = Array.from({ length: numElements(shape) }, () => d.below(200) / 2);
  const dtype = d.pick<DType>(['f32', 'f64', 'i32', 'i64', 'u8', 'f16']);
  return d.numbers(dtype, shape, dtype.startsWith('f') ? values : values.map(Math.trunc));
}

function drawCastLike(d: ModelDraft): void {
  const to = d.pick(castTypes);
  d.add('CastLike', [nonNegative(d, to), d.value({ dtypes: [to] })]);
}

function drawConcat(d: ModelDraft): void {
  const first = d.value({ dtypes: allTypes, minRank: 1 });
  const at = d.below(first.shape.length);
  const part = (): Ref => {
    const size = d.dim();
    return d.value({
      dtypes: [first.dtype],
      shape: first.shape.map((dim, axis) => (axis === at ? size : dim)),
    });
  };
  const parts = [first, ...Array.from({ length: d.below(4) }, part)];
  const negative = d.opset >= 11 && d.chance(40);
  d.add('Concat', parts, { axis: int(negative ? at - first.shape.length : at) });
}

function smallTensor(d: ModelDraft): Tensor {
  const [dtype, shape] = [
    d.pick<DType>(['f32', 'f32', 'i64', 'i32', 'u8', 'bool', 'f64', 'f16']),
    d.shape(0, 3),
  ];
  const values = Array.from({ length: numElements(shape) }, () => d.below(dtype === 'bool' ? 2 : 9));
  return fromNumbers(dtype, shape, values);
}

function drawConstant(d: ModelDraft): void {
  const short: readonly Attrs[] = [
    { value_float: float(1.5) },
    { value_int: int(-3) },
    { value_floats: floats([1, -2, 0.5]) },
    { value_ints: ints([4, -5]) },
    { value_ints: ints([]) },
  ];
  d.add('Constant', [], d.opset >= 12 && d.chance(40) ? d.pick(short) : { value: tensor(smallTensor(d)) });
}

function drawConstantOfShape(d: ModelDraft): void {
  const fill = fromNumbers(d.pick<DType>(['f32', 'i64', 'i32', 'u8', 'bool', 'f64']), [1], [1]);
  d.add('ConstantOfShape', [d.vector(d.shape(0, 4))], { value: d.maybe(70, tensor(fill)) });
}

function drawCenterCropPad(d: ModelDraft): void {
  const x = d.value({ minRank: 1, dtypes: floatTypes });
  const axes = d.maybe(60, d.axes(x.shape.length, d.between(1, x.shape.length)));
  const wanted = (axes ?? x.shape).map(() => d.between(1, 6));
  d.add('CenterCropPad', [x, d.vector(wanted)], { axes: axes && ints(axes) });
}

function drawDepthToSpace(d: ModelDraft): void {
  const b = d.pick([1, 2, 3]);
  const x = d.value({
    dtypes: ['f32', 'f32', 'f64', 'f16', 'u8'],
    shape: [d.pick([1, 2]), b * b * d.pick([1, 2, 3]), d.between(1, 4), d.between(1, 4)],
  });
  d.add('DepthToSpace', [x], {
    blocksize: int(b),
    mode: d.opset >= 11 ? d.maybe(70, text(d.pick(['DCR', 'CRD']))) : undefined,
  });
}

function drawSpaceToDepth(d: ModelDraft): void {
  const b = d.pick([1, 2, 3]);
  const shape = [d.pick([1, 2]), d.pick([1, 2, 3]), b * d.between(1, 3), b * d.between(1, 3)];
  d.add('SpaceToDepth', [d.value({ dtypes: ['f32', 'f32', 'f64', 'f16'], shape })], { blocksize: int(b) });
}

function drawDropout(d: ModelDraft): void {
  const x = d.value();
  const outputs = d.pick([1, 1, 2]);
  if (d.opset < 12) {
    d.add('Dropout', [x], { ratio: d.maybe(60, float(0.3)) }, { outputs });
    return;
  }
  const ratio = d.chance(60) ? d.numbers('f32', [], [d.pick([0, 0.5])], 5) : null;
  const training = d.chance(30) ? d.numbers('bool', [], [d.chance(20) ? 1 : 0], 5) : null;
  d.add('Dropout', [x, ratio, training], { seed: d.maybe(20, int(1)) }, { outputs });
}

function drawExpand(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes });
  const target = x.shape.map((dim) => (dim === 1 ? d.pick([1, 2, 3]) : d.pick([dim, dim, 1])));
  const shorter = d.chance(20)
    ? target.slice(1)
    : d.chance(20) && target.length < 5
      ? [2, ...target]
      : target;
  d.add('Expand', [x, d.vector(shorter)]);
}

function drawFlatten(d: ModelDraft): void {
  const x = d.value({ dtypes: d.opset >= 9 ? allTypes : floatTypes });
  const rank = x.shape.length;
  const axis = d.between(d.opset >= 11 ? -rank : 0, rank);
  d.add('Flatten', [x], { axis: d.maybe(80, int(axis)) });
}

function drawPad(d: ModelDraft): void {
  const x = d.value({
    dtypes:
      d.opset >= 11 ? ['f32', 'f32', 'f32', 'f64', 'f16', 'i32', 'i64', 'i8', 'u8', 'bool'] : floatTypes,
    minRank: 1,
  });
  const rank = x.shape.length;
  const mode = d.pick(
    d.opset >= 19 ? ['constant', 'reflect', 'edge', 'wrap'] : ['constant', 'reflect', 'edge'],
  );
  const axes = d.opset >= 18 && d.chance(40) ? d.axes(rank, d.between(1, rank)) : undefined;
  const sizes = (axes ?? x.shape.map((_, i) => i)).map((axis) => itemAt(x.shape, axis));
  const pad = (size: number): number => {
    const most = mode === 'reflect' ? Math.max(0, size - 1) : mode === 'wrap' ? size : 3;
    return d.chance(50) ? d.between(0, Math.min(3, most)) : d.chance(10) && size > 2 ? -1 : 0;
  };
  const pads = [...sizes, ...sizes].map(pad);
  const attrs = { mode: mode === 'constant' ? d.maybe(50, text(mode)) : text(mode) };
  if (d.opset < 11) {
    d.add('Pad', [x], { ...attrs, pads: ints(pads), value: d.maybe(50, float(-1.5)) });
    return;
  }
  const value = d.chance(50) ? d.numbers(x.dtype, [], [1], 20) : null;
  d.add('Pad', [x, d.vector(pads), value, axes && d.vector(axes, d.pick<DType>(['i64', 'i32']))], attrs);
}

function drawRange(d: ModelDraft): void {
  const dtype = d.pick<DType>(['f32', 'f64', 'i64', 'i32', 'i16']);
  const bounds = d.pick([
    [0, 5, 1],
    [5, -3, -2],
    [0, 0, 1],
    [1, 9, 3],
    [3, 1, 1],
    ...(dtype.startsWith('f')
      ? [
          [0, 1, 0.3],
          [0.5, -1, -0.25],
        ]
      : []),
  ]);
  d.add(
    'Range',
    bounds.map((v) => d.numbers(dtype, [], [v], 3)),
  );
}

function drawReshape(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes });
  const count = numElements(x.shape);
  const zero = d.opset >= 14 ? d.maybe(25, int(d.below(2))) : undefined;
  const kept = d.below(x.shape.length + 1);
  const rest = numElements(x.shape.slice(kept));
  const split = d.pick([2, 3, 5, 1].filter((f) => rest % f === 0));
  const shapes = [
    [-1],
    [count],
    [...x.shape.slice(0, kept).map((dim) => (d.chance(50) && !zero ? 0 : dim)), rest],
    [...x.shape.slice(0, kept), split, rest / split],
    [1, -1, 1],
    [...x.shape].reverse(),
    ...(count === 1 ? [[]] : []),
    ...(kept > 0 && count ? [[...x.shape.slice(0, kept), -1]] : []),
  ];
  d.add('Reshape', [x, d.vector(d.pick(shapes))], { allowzero: zero });
}

function drawShape(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes });
  const bounds =
    d.opset >= 15
      ? { start: d.maybe(40, int(d.between(-6, 6))), end: d.maybe(40, int(d.between(-6, 6))) }
      : {};
  d.add('Shape', [x], bounds);
}

function drawSplit(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes, minRank: 1 });
  const given = d.opset >= 11 ? d.axis(x.shape.length) : d.below(x.shape.length);
  const size = itemAt(x.shape, given);
  const axis = given === 0 ? d.maybe(50, int(0)) : int(given);
  const count = Math.max(1, Math.min(size, d.between(1, 4)));
  const cut = d.between(0, size);
  const parts = d.pick([[size], [cut, size - cut], [0, size]]);
  if (d.chance(50)) {
    const { input, attrs } = d.axesOf('split', parts, 13);
    d.add('Split', [x, input], { axis, ...attrs }, { outputs: parts.length });
    return;
  }
  const divisors = [1, 2, 3, 4, 5].filter((n) => size % n === 0);
  const outputs = d.opset >= 18 ? count : d.pick(divisors);
  d.add('Split', [x], { axis, num_outputs: d.opset >= 18 ? int(outputs) : undefined }, { outputs });
}

function drawSqueeze(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes, minRank: 1 });
  const ones = x.shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  const some = ones
    .filter(() => d.chance(60))
    .map((axis) => (d.opset >= 11 && d.chance(40) ? axis - x.shape.length : axis));
  // of no elements ONNX Runtime's Node package tells the shape that it inferred, where empty axes squeeze nothing
  const listed = d.chance(60) && (some.length > 0 || !x.shape.includes(0));
  const { input, attrs } = d.axesOf('axes', listed ? some : undefined, 13);
  d.add('Squeeze', [x, input], attrs);
}

function drawUnsqueeze(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes, maxRank: 3 });
  const count = d.between(1, 2);
  const rank = x.shape.length + count;
  const axes = d.opset >= 11 ? d.axes(rank, count) : d.shuffled(rank).slice(0, count);
  const { input, attrs } = d.axesOf('axes', axes, 13);
  d.add('Unsqueeze', [x, input], attrs);
}

function drawTile(d: ModelDraft): void {
  const x = d.value({ dtypes: ['f32', 'f32', 'f64', 'i32', 'i64', 'u8', 'bool', 'i8'], maxRank: 4 });
  d.add('Tile', [x, d.vector(x.shape.map(() => (d.chance(5) ? 0 : d.pick([1, 1, 2, 3]))))]);
}

function drawTranspose(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes });
  d.add('Transpose', [x], { perm: d.maybe(80, ints(d.shuffled(x.shape.length))) });
}

export const movementRows: readonly DrawRow[] = [
  row('Cast', drawCast),
  row('CastLike', drawCastLike, 15),
  row('CenterCropPad', drawCenterCropPad, 18),
  row('Concat', drawConcat),
  row('Constant', drawConstant),
  row('ConstantOfShape', drawConstantOfShape, 9),
  row('DepthToSpace', drawDepthToSpace),
  row('Dropout', drawDropout),
  row('Expand', drawExpand, 8),
  row('Flatten', drawFlatten),
  row('Pad', drawPad),
  row('Range', drawRange, 11),
  row('Reshape', drawReshape),
  row('Shape', drawShape),
  row('Size', (d) => d.add('Size', [d.value({ dtypes: allTypes })])),
  row('SpaceToDepth', drawSpaceToDepth),
  row('Split', drawSplit),
  row('Squeeze', drawSqueeze),
  row('Tile', drawTile),
  row('Transpose', drawTranspose),
  row('Unsqueeze', drawUnsqueeze),
];
