import { type DType, fromNumbers, itemAt, numElements } from '@ghostc/ir';
import { dataTypeOf } from '@ghostc/onnx';
import { int, text } from './attributes.ts';
import { type DrawRow, row } from './draw-op.ts';
import { allTypes, floatTypes, type ModelDraft, type Ref } from './model-draft.ts';

/** Ops that mask, place, count and read by positions, and sums of products by labels. */

const small = (v: number): boolean => Math.abs(v) < 1000;

function drawTrilu(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes, minRank: 2, solid: true });
  const k = d.chance(60) ? d.given(fromNumbers('i64', [], [d.between(-3, 3)]), 0) : null;
  d.add('Trilu', [x, k], { upper: d.maybe(60, int(d.below(2))) });
}

function drawCumSum(d: ModelDraft): void {
  const x = d.value({
    dtypes: ['f32', 'f32', 'f64', 'i32', 'i64'],
    minRank: 1,
    solid: true,
    elements: small,
  });
  const axis = d.given(fromNumbers(d.pick<DType>(['i32', 'i64']), [], [d.axis(x.shape.length)]), 0);
  d.add('CumSum', [x, axis], {
    exclusive: d.maybe(50, int(d.below(2))),
    reverse: d.maybe(50, int(d.below(2))),
  });
}

function drawReverseSequence(d: ModelDraft): void {
  const x = d.value({ dtypes: ['f32', 'f32', 'f64', 'i64', 'bool'], minRank: 2, solid: true });
  const time = d.maybe(60, int(d.below(2)));
  const axis = time ? Number(time.i) : 0;
  const [steps, items] = [itemAt(x.shape, axis), itemAt(x.shape, 1 - axis)];
  const same = d.chance(40) ? d.between(1, steps) : 0;
  const lengths = Array.from({ length: items }, () => same || d.between(1, steps));
  d.add('ReverseSequence', [x, d.given(fromNumbers('i64', [items], lengths), 0)], {
    time_axis: time,
    batch_axis: time && int(1 - axis),
  });
}

function drawOneHot(d: ModelDraft): void {
  const depth = d.between(1, 5);
  const shape = d.shape(0, 3).map((dim) => dim || 1);
  const at = Array.from({ length: numElements(shape) }, () => d.between(-depth - 1, depth + 1));
  const indices = d.numbers(d.pick<DType>(['i64', 'i64', 'f32']), shape, at);
  const size = d.given(fromNumbers('i64', [], [depth]), 0);
  const values = d.numbers(
    d.pick<DType>(['f32', 'f32', 'i64', 'i32']),
    [2],
    [d.between(-2, 0), d.between(1, 3)],
  );
  d.add('OneHot', [indices, size, values], { axis: d.maybe(70, int(d.between(-1, shape.length))) });
}

function drawEyeLike(d: ModelDraft): void {
  const x = d.value({ dtypes: ['f32', 'f64', 'i32', 'i64'], shape: [d.between(1, 5), d.between(1, 5)] });
  const to = d.pick<DType>(['f32', 'f64', 'i32', 'i64']);
  d.add('EyeLike', [x], { dtype: d.maybe(50, int(dataTypeOf(to))), k: d.maybe(60, int(d.between(-3, 3))) });
}

function drawIsInf(d: ModelDraft): void {
  const x = d.value({ dtypes: ['f32', 'f32', 'f64'] });
  d.add('IsInf', [x], {
    detect_negative: d.maybe(50, int(d.below(2))),
    detect_positive: d.maybe(50, int(d.below(2))),
  });
}

/** Places differ where nothing is reduced: which of two comes last is not said. */
function drawScatter(op: string): (d: ModelDraft) => void {
  return (d) => {
    const x = d.value({ dtypes: ['f32', 'f32', 'f64', 'i32', 'i64'], minRank: 1, solid: true });
    const axis = d.opset >= 11 ? d.axis(x.shape.length) : d.below(x.shape.length);
    const at = axis < 0 ? axis + x.shape.length : axis;
    const size = itemAt(x.shape, at);
    const order = d.shuffled(size);
    const shape = x.shape.map((dim, a) => (a === at ? d.between(1, size) : d.between(1, dim)));
    const stride = numElements(shape.slice(at + 1));
    const indices = Array.from({ length: numElements(shape) }, (_, i) => {
      const place = itemAt(order, Math.floor(i / stride) % itemAt(shape, at));
      return d.opset >= 11 && d.chance(30) ? place - size : place;
    });
    const updates = d.value({ dtypes: [x.dtype], shape });
    const reductions = d.opset >= 18 ? ['none', 'add', 'mul', 'max', 'min'] : ['none', 'add', 'mul'];
    const reduction = d.opset >= 16 ? d.maybe(60, text(d.pick(reductions))) : undefined;
    d.add(op, [x, d.numbers(d.pick<DType>(['i64', 'i32']), shape, indices), updates], {
      axis: axis === 0 ? undefined : int(axis),
      reduction,
    });
  };
}

const equations = [
  ...['ij,jk->ik', 'bhid,bhjd->bhij', 'bnij,bjnd->bind', 'i,j->ij', 'i,i->', 'kj,ik', 'bc,bchw->bhcw'],
  ...['...ij,...jk->...ik', 'ijk,lj->li', 'bhwqc,wkc->bhwqk', 'ijk->kij', 'ijk->j', 'ijk->', 'bii->bi'],
];

function drawEinsum(d: ModelDraft): void {
  const equation = d.pick(equations);
  const sizes = new Map<string, number>();
  const sizeOf = (label: string): number => {
    const size = sizes.get(label) ?? d.between(1, 4);
    sizes.set(label, size);
    return size;
  };
  const dtype = d.pick<DType>(['f32', 'f32', 'f64']);
  const [terms = ''] = equation.split('->');
  const operands = terms.split(',').map((labels) => {
    const shape = [...labels.replace('...', '.')].map(sizeOf);
    return d.value({ dtypes: [dtype], shape, elements: small });
  });
  d.add('Einsum', operands, { equation: text(equation) });
}

/** Positions up to one and a half images away from the centre. */
function drawGridSample(d: ModelDraft): void {
  const dtypes: readonly DType[] = floatTypes.filter((type) => type === 'f32');
  const n = d.pick([1, 1, 2]);
  const x = d.value({
    dtypes,
    shape: [n, d.between(1, 3), d.between(1, 6), d.between(1, 6)],
    elements: small,
  });
  const shape = [n, d.between(1, 4), d.between(1, 4), 2];
  const positions = Array.from({ length: numElements(shape) }, () => d.between(-1500, 1500) / 1000);
  const grid: Ref = d.numbers('f32', shape, positions);
  const modes = d.opset < 20 ? ['bilinear', 'nearest', 'bicubic'] : ['linear', 'nearest', 'cubic'];
  d.add('GridSample', [x, grid], {
    mode: d.maybe(70, text(d.pick(modes))),
    padding_mode: d.maybe(70, text(d.pick(['zeros', 'border', 'reflection']))),
    align_corners: d.maybe(60, int(d.below(2))),
  });
}

/** A turned and stretched image. Its size is known when the model is read. The corners of a single row are no two places. */
function drawAffineGrid(d: ModelDraft): void {
  const n = d.between(1, 2);
  const theta = d.value({ dtypes: ['f32', 'f32', 'f64'], shape: [n, 2, 3], elements: small });
  const corners = d.maybe(60, d.below(2));
  const least = corners ? 2 : 1;
  const size = d.vector([n, d.between(1, 3), d.between(least, 5), d.between(least, 5)]);
  d.add('AffineGrid', [theta, size], { align_corners: corners === undefined ? undefined : int(corners) });
}

/** How many elements are not zero is known of a constant only. */
function drawNonZero(d: ModelDraft): void {
  const shape = d.shape(1, 4);
  const bits = Array.from({ length: numElements(shape) }, () => d.below(2));
  d.add('NonZero', [d.numbers(d.pick<DType>(['f32', 'i64', 'i32', 'u8', 'bool']), shape, bits, 0)]);
}

export const positionRows: readonly DrawRow[] = [
  row('AffineGrid', drawAffineGrid, 20),
  row('CumSum', drawCumSum, 11),
  row('Einsum', drawEinsum, 12),
  row('EyeLike', drawEyeLike, 9),
  row('GridSample', drawGridSample, 16),
  row('IsInf', drawIsInf, 10),
  row('NonZero', drawNonZero, 9),
  row('OneHot', drawOneHot, 11),
  row('ReverseSequence', drawReverseSequence, 10),
  ['Scatter', { since: 9, until: 10, draw: drawScatter('Scatter') }],
  row('ScatterElements', drawScatter('ScatterElements'), 11),
  row('Trilu', drawTrilu, 14),
];
