import { type Attrs, CompileError, fromNumbers, isStatic, numElements, type Value } from '@ghostc/ir';
import { axisWeights, type ResizeModes } from '@ghostc/ops';
import { Formulas, fixedShape } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';

export const resizeRows: readonly OpRow[] = [
  ['Resize', readResize],
  ['Upsample', readUpsample],
];

const coordinateModes = [
  'asymmetric',
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'tf_crop_and_resize',
];
const nearestModes = ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'];

interface Options extends ResizeModes {
  readonly antialias: boolean;
  readonly exclude_outside: boolean;
  readonly cubic_coeff_a: number;
  readonly extrapolation_value: number;
}

function readResize(node: NodeReader): Value {
  const options: Options = {
    mode: node.expectText('mode', 'nearest', ['nearest', 'linear', 'cubic']),
    coordinate_transformation_mode: node.expectText(
      'coordinate_transformation_mode',
      node.opset < 11 ? 'asymmetric' : 'half_pixel',
      coordinateModes,
    ),
    nearest_mode: node.expectText(
      'nearest_mode',
      node.opset < 11 ? 'floor' : 'round_prefer_floor',
      nearestModes,
    ),
    antialias: node.int('antialias', 0) === 1,
    exclude_outside: node.int('exclude_outside', 0) === 1,
    cubic_coeff_a: node.float('cubic_coeff_a', -0.75),
    extrapolation_value: node.float('extrapolation_value', 0),
  };
  const [scalesAt, sizesAt] = node.opset < 11 ? [1, 3] : [2, 3];
  const bySize = node.has(sizesAt) && node.dims(sizesAt, 'sizes').length > 0;
  const given = bySize ? node.numbers(sizesAt, 'sizes') : node.numbers(scalesAt, 'scales');
  return bySize ? bySizes(node, given, options) : byScales(node, given, options);
}

/** The axes that sizes, scales and the region of interest list. */
function listedAxes(node: NodeReader): number[] {
  const rank = node.input(0).type.shape.length;
  return node.ints('axes')?.map((a) => (a < 0 ? a + rank : a)) ?? Array.from({ length: rank }, (_, i) => i);
}

function bySizes(node: NodeReader, given: readonly number[], options: Options): Value {
  const { shape } = node.input(0).type;
  const axes = listedAxes(node);
  const policy = node.expectText('keep_aspect_ratio_policy', 'stretch', [
    'stretch',
    'not_larger',
    'not_smaller',
  ]);
  if (policy === 'stretch') {
    const sizes = shape.map((dim, axis) => given[axes.indexOf(axis)] ?? dim);
    if (!sizes.every(isStatic)) throw node.needsSizes(shape);
    return resized(node, { sizes: sizes as number[], scales: [] }, options);
  }
  const fixed = fixedShape(node, node.input(0));
  const ratios = axes.map((axis, i) => (given[i] ?? 1) / (fixed[axis] ?? 1));
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  const sizes = fixed.map((dim, axis) => (axes.includes(axis) ? Math.floor(ratio * dim + 0.5) : dim));
  return resized(node, { sizes, scales: fixed.map((_, axis) => (axes.includes(axis) ? ratio : 1)) }, options);
}

function byScales(node: NodeReader, given: readonly number[], options: Options): Value {
  const { shape } = node.input(0).type;
  const axes = listedAxes(node);
  return resized(
    node,
    { sizes: [], scales: shape.map((_, axis) => given[axes.indexOf(axis)] ?? 1) },
    options,
  );
}

interface Target {
  readonly sizes: readonly number[];
  readonly scales: readonly number[];
}

/** One `resize` where its modes suffice, else a product with a matrix of weights along each axis. */
function resized(node: NodeReader, { sizes, scales }: Target, options: Options): Value {
  const x = node.input(0);
  const { mode, coordinate_transformation_mode, nearest_mode } = options;
  // ONNX aligns corners with the size before rounding; the op `resize` with the size after.
  const fractional =
    coordinate_transformation_mode === 'align_corners' &&
    scales.some((scale, axis) => !Number.isInteger(scale * Number(x.type.shape[axis])));
  const plain =
    !fractional &&
    mode !== 'cubic' &&
    !(options.antialias && mode === 'linear') &&
    !options.exclude_outside &&
    !['tf_crop_and_resize', 'half_pixel_symmetric'].includes(coordinate_transformation_mode) &&
    !(sizes.length && scales.length);
  if (plain) {
    const size: Attrs = sizes.length ? { sizes: [...sizes] } : { scales: [...scales] };
    return node.emit('resize', [x], { ...size, mode, coordinate_transformation_mode, nearest_mode });
  }
  return byMatrices(node, { sizes, scales }, options);
}

function byMatrices(node: NodeReader, { sizes, scales }: Target, options: Options): Value {
  if (options.extrapolation_value !== 0)
    throw new CompileError('onnx/unsupported', 'Resize with an extrapolation_value is not supported');
  const shape = fixedShape(node, node.input(0));
  const axes = listedAxes(node);
  const crop = options.coordinate_transformation_mode === 'tf_crop_and_resize';
  const roi = crop ? node.numbers(1, 'roi') : [];
  return shape.reduce((x, size, axis) => {
    const out = sizes[axis] ?? Math.floor(size * (scales[axis] ?? 1));
    const at = axes.indexOf(axis);
    const region =
      crop && at >= 0 ? ([roi[at] ?? 0, roi[at + axes.length] ?? 1] as const) : ([0, 1] as const);
    if (at < 0 || (out === size && region[0] === 0 && region[1] === 1)) return x;
    return alongAxis(node, x, {
      axis,
      weights: axisWeights({ size, out, scale: scales[axis], region }, options),
    });
  }, node.input(0));
}

/** y = W x along one axis, x seen as [outer, size, inner]. */
function alongAxis(
  node: NodeReader,
  x: Value,
  { axis, weights }: { axis: number; weights: readonly (readonly number[])[] },
): Value {
  const f = new Formulas(node);
  const shape = fixedShape(node, x);
  const size = shape[axis] ?? 1;
  const matrix = node.addConstant(fromNumbers(x.type.dtype, [weights.length, size], weights.flat()));
  const view = f.reshape(x, [numElements(shape.slice(0, axis)), size, numElements(shape.slice(axis + 1))]);
  return f.reshape(
    f.emit('matmul', [matrix, view]),
    shape.map((dim, a) => (a === axis ? weights.length : dim)),
  );
}

function readUpsample(node: NodeReader): Value {
  const scales = node.has(1) ? node.numbers(1, 'scales') : node.floats('scales');
  if (!scales) throw new CompileError('onnx/unsupported', 'Upsample before opset 7 is not supported');
  const mode = node.expectText('mode', 'nearest', ['nearest', 'linear']);
  return node.emit('resize', [node.input(0)], {
    scales,
    mode,
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}
