import { addDim, type Dim, type DType, floorDivDim, isStatic, mulDim, type TensorType } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';
import { dtypeOf } from './tensor-proto.ts';

/** Rank and, if known, sizes of a node's outputs. Undefined if the node cannot be kept. */
export function keptTypes(node: NodeReader): readonly TensorType[] | undefined {
  return table.get(node.op)?.(node);
}

type Rule = (node: NodeReader) => readonly TensorType[] | undefined;

/** One output of the first input's element type, or another; undefined sizes get symbols. */
const one =
  (shapeOf: (node: NodeReader) => readonly (Dim | undefined)[] | undefined, dtype?: DType): Rule =>
  (node) => {
    const shape = shapeOf(node);
    return shape && [typed(node, shape, { dtype })];
  };

function typed(
  node: NodeReader,
  shape: readonly (Dim | undefined)[],
  { dtype, output = 0 }: { dtype?: DType | undefined; output?: number },
): TensorType {
  const name = node.outputNames[output] ?? node.op;
  return {
    dtype: dtype ?? node.input(0).type.dtype,
    shape: shape.map((dim, axis) => dim ?? node.freshDim(`${name}_${axis}`)),
  };
}

const shapeOf = (node: NodeReader, index = 0): readonly Dim[] => node.input(index).type.shape;
const rankOf = (node: NodeReader): number => shapeOf(node).length;
const same = one((node) => shapeOf(node));

function axisOf(node: NodeReader, fallback: number): number {
  const axis = node.int('axis', fallback);
  return axis < 0 ? axis + rankOf(node) : axis;
}

/** Axes from an input or the attribute, counted from the front. */
function axesOf(node: NodeReader, index: number, rank: number): number[] | undefined {
  const given = node.has(index) ? node.shape(index)?.elements : node.ints('axes');
  return given?.every(isStatic) ? given.map((axis) => (axis < 0 ? axis + rank : axis)) : undefined;
}

/**
 * Sizes that differ are equal at run time, or 1; a number is preferred over a symbol. Undefined if two
 * numbers disagree.
 */
function broadcast(shapes: readonly (readonly Dim[])[]): (Dim | undefined)[] | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const columns = Array.from({ length: rank }, (_, axis) =>
    shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((dim) => dim !== 1),
  );
  if (columns.some((dims) => new Set(dims.filter(isStatic)).size > 1)) return undefined;
  return columns.map((dims) => {
    const [first = 1] = dims;
    return dims.find(isStatic) ?? (dims.every((dim) => dim === first) ? first : undefined);
  });
}

const elementwise = (dtype?: DType): Rule =>
  one((node) => broadcast(node.inputs().map(({ type }) => type.shape)), dtype);

/** Channels from the weight, or unchanged; spatial sizes if auto_pad determines them. */
const windowed = (channels: (node: NodeReader) => Dim | undefined): Rule =>
  one((node) => {
    const [n, c = 1, ...spatial] = shapeOf(node);
    if (node.op === 'Conv' && isStatic(c) && c !== inputChannels(node)) return undefined;
    const strides = node.ints('strides') ?? [];
    const isSame = node.text('auto_pad', 'NOTSET').startsWith('SAME') && node.op !== 'ConvTranspose';
    const out = spatial.map((dim, i) =>
      isSame ? addDim(floorDivDim(addDim(dim, -1), strides[i] ?? 1), 1) : undefined,
    );
    return [n, channels(node), ...out];
  });

function inputChannels(node: NodeReader): Dim {
  return mulDim(shapeOf(node, 1)[1] ?? 1, node.int('group', 1));
}

/** A target shape: 0 copies, -1 is the rest. */
function reshaped(node: NodeReader): (Dim | undefined)[] | undefined {
  const given = node.has(1) ? node.shape(1)?.elements : node.ints('shape');
  const count = given?.length ?? (node.has(1) ? shapeOf(node, 1)[0] : undefined);
  if (count === undefined || !isStatic(count)) return undefined;
  const copies = node.int('allowzero', 0) === 0;
  return Array.from({ length: count }, (_, axis) => {
    const dim = given?.[axis];
    if (dim === 0 && copies) return shapeOf(node)[axis];
    return dim === -1 ? undefined : dim;
  });
}

/** Elements of a vector of sizes, or as many unknown ones. */
function sizesAt(node: NodeReader, index: number): readonly (Dim | undefined)[] | undefined {
  const given = node.shape(index)?.elements;
  if (given) return given;
  const [count] = shapeOf(node, index);
  return count !== undefined && isStatic(count) ? new Array<undefined>(count).fill(undefined) : undefined;
}

function resized(node: NodeReader): (Dim | undefined)[] {
  const [scalesAt, sizes] = node.opset < 11 ? [1, 3] : [2, 3];
  const axes = axesOf(node, 9, rankOf(node)) ?? shapeOf(node).map((_, axis) => axis);
  const stretched = node.text('keep_aspect_ratio_policy', 'stretch') === 'stretch';
  const wanted = node.has(sizes) ? node.shape(sizes)?.elements : undefined;
  const scales = node.has(scalesAt) ? node.shape(scalesAt)?.elements : node.floats('scales');
  return shapeOf(node).map((dim, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return dim;
    if (node.has(sizes)) return stretched ? wanted?.[at] : undefined;
    const scale = scales?.[at];
    if (scale === 1) return dim;
    return typeof scale === 'number' && Number.isInteger(scale) ? mulDim(dim, scale) : undefined;
  });
}

function split(node: NodeReader): readonly TensorType[] {
  const axis = axisOf(node, 0);
  const sizes = node.has(1) ? node.shape(1)?.elements : node.ints('split');
  const count = node.proto.output?.length ?? 1;
  const size = shapeOf(node)[axis] ?? 1;
  const equal = node.hasAttribute('num_outputs') || node.has(1) ? undefined : floorDivDim(size, count);
  return Array.from({ length: count }, (_, output) => {
    const part = sizes?.[output] ?? equal;
    return typed(
      node,
      shapeOf(node).map((dim, a) => (a === axis ? part : dim)),
      { output },
    );
  });
}

/** Sizes along the axis add up; elsewhere they are the same at run time. */
function concatenated(node: NodeReader): (Dim | undefined)[] | undefined {
  const shapes = node.inputs().map(({ type }) => type.shape);
  const axis = axisOf(node, 1);
  if (shapes.some((shape) => shape.length !== rankOf(node))) return undefined;
  const rest = broadcast(shapes.map((shape) => shape.map((dim, a) => (a === axis ? 1 : dim))));
  const along = shapes.map((shape) => shape[axis] ?? 0);
  return rest?.map((dim, a) => {
    if (a !== axis) return dim;
    return along.every(isStatic) ? along.reduce((sum, part) => sum + part, 0) : undefined;
  });
}

const reduced: Rule = one((node) => {
  const rank = rankOf(node);
  const given = axesOf(node, 1, rank);
  if (node.has(1) && !given) return reducedSomewhere(node);
  const axes = given?.length ? given : shapeOf(node).map((_, axis) => axis);
  const keep = node.int('keepdims', 1) === 1;
  return shapeOf(node).flatMap((dim, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [dim]));
});

/** Axes are known at run time only; how many is known. */
function reducedSomewhere(node: NodeReader): undefined[] | undefined {
  const [count] = shapeOf(node, 1);
  const dropped = node.int('keepdims', 1) === 1 ? 0 : count;
  // none are all
  if (dropped === undefined || !isStatic(dropped) || count === 0) return undefined;
  return new Array<undefined>(rankOf(node) - dropped).fill(undefined);
}

function matrixProduct(node: NodeReader): (Dim | undefined)[] | undefined {
  const [a, b] = [shapeOf(node, 0), shapeOf(node, 1)];
  const [inner, rows] = [a.at(-1) ?? 1, b.at(-2) ?? b[0] ?? 1];
  if (isStatic(inner) && isStatic(rows) && inner !== rows) return undefined;
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)]);
  return batch && [...batch, ...(a.length > 1 ? a.slice(-2, -1) : []), ...(b.length > 1 ? b.slice(-1) : [])];
}

/** Axes without padding keep their size. */
function padded(node: NodeReader): (Dim | undefined)[] {
  const rank = rankOf(node);
  const pads = node.has(1) ? node.shape(1)?.elements : node.ints('pads');
  const known = pads?.length === 2 * rank ? pads : [];
  return shapeOf(node).map((dim, axis) => (known[axis] === 0 && known[axis + rank] === 0 ? dim : undefined));
}

function gemm(node: NodeReader): (Dim | undefined)[] | undefined {
  const [a, b] = [shapeOf(node, 0), shapeOf(node, 1)];
  const [transA, transB] = [node.int('transA', 0), node.int('transB', 0)];
  const [inner = 1, rows = 1] = [a[1 - transA], b[transB]];
  return isStatic(inner) && isStatic(rows) && inner !== rows ? undefined : [a[transA], b[1 - transB]];
}

const openAxes = (listed: (node: NodeReader) => number[] | undefined): Rule =>
  one((node) => {
    const axes = listed(node);
    return shapeOf(node).map((dim, axis) => (!axes || axes.includes(axis) ? undefined : dim));
  });

const unchanged = [
  'RandomNormalLike',
  'RandomUniformLike',
  'Softmax',
  'LogSoftmax',
  'Hardmax',
  'InstanceNormalization',
  'LayerNormalization',
];
const arithmetic = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Max',
  'Min',
  'Sum',
  'Mean',
  'PRelu',
  'Mod',
  'And',
  'Or',
];
const relations = ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'];
const reductions = ['Max', 'Mean', 'Min', 'Prod', 'Sum', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp'];
const pools = ['AveragePool', 'MaxPool', 'LpPool'];

const table: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...unchanged.map((op) => [op, same] as const),
  ...arithmetic.map((op) => [op, elementwise()] as const),
  ...relations.map((op) => [op, elementwise('bool')] as const),
  ...reductions.map((op) => [`Reduce${op}`, reduced] as const),
  ...pools.map((op) => [op, windowed((node) => shapeOf(node)[1])] as const),
  ['Cast', (node) => [{ dtype: dtypeOf(node.int('to', 0)), shape: shapeOf(node) }]],
  ['Concat', one(concatenated)],
  ['Conv', windowed((node) => shapeOf(node, 1)[0])],
  ['ConvTranspose', windowed(inputChannels)],
  [
    'ConstantOfShape',
    (node) => {
      const shape = sizesAt(node, 0);
      return shape && [typed(node, shape, { dtype: node.tensor('value')?.dtype ?? 'f32' })];
    },
  ],
  [
    'DepthToSpace',
    one((node) => {
      const [[n, c = 1, h = 1, w = 1], b] = [shapeOf(node), node.int('blocksize', 1)];
      return [n, floorDivDim(c, b * b), mulDim(h, b), mulDim(w, b)];
    }),
  ],
  [
    'Expand',
    one((node) => {
      const fresh = (axis: number): Dim => node.freshDim(`${node.outputNames[0] ?? node.op}_${axis}`);
      const target = sizesAt(node, 1)?.map((dim, axis) => dim ?? fresh(axis));
      return target && broadcast([shapeOf(node), target]);
    }),
  ],
  ['Flatten', one(() => [undefined, undefined])],
  ['Gemm', one(gemm)],
  ['MatMul', one(matrixProduct)],
  ['Pad', one(padded)],
  ['Range', one(() => [undefined])],
  ['Reshape', one(reshaped)],
  ['Resize', one(resized)],
  ['Size', (node) => [typed(node, [], { dtype: 'i64' })]],
  ['Slice', openAxes((node) => axesOf(node, 3, rankOf(node)))],
  [
    'SpaceToDepth',
    one((node) => {
      const [[n, c = 1, h = 1, w = 1], b] = [shapeOf(node), node.int('blocksize', 1)];
      return [n, mulDim(c, b * b), floorDivDim(h, b), floorDivDim(w, b)];
    }),
  ],
  ['Split', split],
  [
    'Squeeze',
    one((node) => {
      const axes = axesOf(node, 1, rankOf(node));
      return axes && shapeOf(node).filter((_, axis) => !axes.includes(axis));
    }),
  ],
  [
    'Tile',
    one((node) => {
      const repeats = node.shape(1)?.elements;
      return shapeOf(node).map((dim, axis) => {
        const times = repeats?.[axis];
        return typeof times === 'number' ? mulDim(dim, times) : undefined;
      });
    }),
  ],
  [
    'Unsqueeze',
    one((node) => {
      const count = node.has(1) ? (node.shape(1)?.elements.length ?? 0) : (node.ints('axes')?.length ?? 0);
      const axes = axesOf(node, 1, rankOf(node) + count);
      const rest = [...shapeOf(node)];
      return (
        axes &&
        Array.from({ length: rest.length + count }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()))
      );
    }),
  ],
  ['Upsample', one(resized)],
  [
    'Where',
    (node) => {
      const shape = broadcast(node.inputs().map(({ type }) => type.shape));
      return shape && [typed(node, shape, { dtype: node.input(1).type.dtype })];
    },
  ],
]);
