import { type DType, itemAt, numElements } from '@ghostc/ir';
import { int, ints, text } from './attributes.ts';
import { type DrawRow, row } from './draw-op.ts';
import { allTypes, type ModelDraft, type Ref } from './model-draft.ts';

/** Indices of an axis, negative ones from opset 11 on. */
function indices(d: ModelDraft, shape: readonly number[], size: number): Ref {
  const low = d.opset >= 11 ? -size : 0;
  const values = Array.from({ length: numElements(shape) }, () => d.between(low, size - 1));
  return d.numbers(d.pick<DType>(['i64', 'i32']), shape, values);
}

/** Without axes of size 0, which nothing can be gathered from. */
const solid = (d: ModelDraft, minRank: number): Ref => {
  const x = d.value({ dtypes: allTypes, minRank });
  return x.shape.includes(0)
    ? d.fresh(
        x.dtype,
        x.shape.map((dim) => dim || 2),
      )
    : x;
};

function drawGather(d: ModelDraft): void {
  const x = solid(d, 1);
  const axis = d.axis(x.shape.length);
  const size = itemAt(x.shape, axis);
  d.add('Gather', [x, indices(d, d.shape(0, 2), size)], {
    axis: axis === 0 ? d.maybe(50, int(0)) : int(axis),
  });
}

function drawGatherElements(d: ModelDraft): void {
  const x = solid(d, 1);
  const axis = d.axis(x.shape.length);
  const at = axis < 0 ? axis + x.shape.length : axis;
  const shape = x.shape.map((dim, a) =>
    a === at ? d.between(1, 4) : d.chance(30) ? d.between(1, dim) : dim,
  );
  d.add('GatherElements', [x, indices(d, shape, x.shape[at] ?? 0)], {
    axis: axis === 0 ? undefined : int(axis),
  });
}

/** Index tuples into the axes [from, from + depth). */
function tuples(
  d: ModelDraft,
  x: Ref,
  { batch, from, depth }: { batch: readonly number[]; from: number; depth: number },
): Ref {
  const values = Array.from({ length: numElements(batch) }, () =>
    x.shape.slice(from, from + depth).map((dim) => d.between(d.opset >= 12 ? -dim : 0, dim - 1)),
  );
  return d.numbers('i64', [...batch, depth], values.flat());
}

function drawGatherNd(d: ModelDraft): void {
  const x = solid(d, 1);
  const batchDims =
    d.opset >= 12 && x.shape.length > 1 && d.chance(40) ? d.between(0, x.shape.length - 1) : 0;
  const depth = d.between(1, x.shape.length - batchDims);
  const batch = [...x.shape.slice(0, batchDims), ...d.shape(0, 2).map((dim) => dim || 1)];
  d.add('GatherND', [x, tuples(d, x, { batch, from: batchDims, depth })], {
    batch_dims: batchDims ? int(batchDims) : undefined,
  });
}

function drawScatterNd(d: ModelDraft): void {
  const x = solid(d, 1);
  const depth = d.between(1, x.shape.length);
  const cells = numElements(x.shape.slice(0, depth));
  const count = Math.min(cells, d.between(1, 3));
  const chosen = d.shuffled(cells).slice(0, count);
  const strides = x.shape.slice(0, depth).map((_, axis) => numElements(x.shape.slice(axis + 1, depth)));
  const values = chosen.flatMap((cell) =>
    strides.map((stride, axis) => Math.floor(cell / stride) % (x.shape[axis] ?? 0)),
  );
  const updates = d.value({ dtypes: [x.dtype], shape: [count, ...x.shape.slice(depth)] });
  const reductions = d.opset >= 18 ? ['none', 'add', 'mul', 'max', 'min'] : ['none', 'add', 'mul'];
  const reduction = d.opset >= 16 ? d.maybe(60, text(d.pick(reductions))) : undefined;
  d.add('ScatterND', [x, d.numbers('i64', [count, depth], values), updates], { reduction });
}

function drawSlice(d: ModelDraft): void {
  const x = d.value({ dtypes: allTypes, minRank: 1 });
  const rank = x.shape.length;
  const axes =
    d.opset >= 10 ? d.axes(rank, d.between(1, rank)) : d.shuffled(rank).slice(0, d.between(1, rank));
  const listed = d.chance(70);
  const used = listed ? axes : axes.map((_, i) => i);
  const sizes = used.map((axis) => itemAt(x.shape, axis));
  const [starts, ends] = [
    // what is before the first element has another meaning to ONNX Runtime's shapes of opset 9
    sizes.map((n) => d.between(d.opset < 10 ? -n : -n - 1, n + 1)),
    sizes.map((n) => d.pick([d.between(-n - 1, n + 2), n, 2 ** 31 - 1])),
  ];
  if (d.opset < 10) {
    d.add('Slice', [x], {
      starts: ints(starts),
      ends: ints(ends),
      axes: listed ? ints(axes) : undefined,
    });
    return;
  }
  const steps = d.chance(60) ? sizes.map(() => d.pick([1, 1, 2, 3, -1, -2])) : undefined;
  const far = ends.map((end, i) => ((steps?.[i] ?? 1) < 0 && d.chance(50) ? -(2 ** 31) : end));
  const dtype = d.pick<DType>(['i64', 'i64', 'i32']);
  const lists = [starts, far, listed ? axes : undefined, steps];
  d.add('Slice', [x, ...lists.map((list) => list && d.vector(list, dtype))]);
}

export const indexingRows: readonly DrawRow[] = [
  row('Gather', drawGather),
  row('GatherElements', drawGatherElements, 11),
  row('GatherND', drawGatherNd, 11),
  row('ScatterND', drawScatterNd, 11),
  row('Slice', drawSlice),
];
