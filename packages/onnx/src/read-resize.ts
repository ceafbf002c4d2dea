import {
  type Attrs,
  CompileError,
  fromNumbers,
  isFloat,
  isStatic,
  numElements,
  type Value,
} from '@ghostc/ir';
import {
  axisTaps,
  type ResizeAxis,
  type ResizeModes,
  resizeTables,
  scaledSize,
  sourcePosition,
  type Tap,
} from '@ghostc/ops';
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
  'tf_half_pixel_for_nn',
];
const nearestModes = ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'];

/** Those that the op `resize` has. */
const plainModes = ['asymmetric', 'half_pixel', 'pytorch_half_pixel', 'align_corners'];

interface Options extends ResizeModes {
  readonly antialias: boolean;
  readonly exclude_outside: boolean;
  readonly cubic_coeff_a: number;
  readonly extrapolation_value: number;
}

const plainOptions: Options = {
  mode: 'nearest',
  coordinate_transformation_mode: 'asymmetric',
  nearest_mode: 'floor',
  antialias: false,
  exclude_outside: false,
  cubic_coeff_a: -0.75,
  extrapolation_value: 0,
};

function readResize(node: NodeReader): Value {
  const old = node.opset < 11;
  const options: Options = {
    mode: node.expectText('mode', 'nearest', ['nearest', 'linear', 'cubic']),
    coordinate_transformation_mode: node.expectText(
      'coordinate_transformation_mode',
      old ? 'asymmetric' : 'half_pixel',
      coordinateModes,
    ),
    nearest_mode: node.expectText('nearest_mode', old ? 'floor' : 'round_prefer_floor', nearestModes),
    antialias: node.int('antialias', 0) === 1,
    exclude_outside: node.int('exclude_outside', 0) === 1,
    cubic_coeff_a: node.float('cubic_coeff_a', -0.75),
    extrapolation_value: node.float('extrapolation_value', 0),
  };
  if (old) return readOldResize(node, node.numbers(1, 'scales'), options);
  const bySize = node.has(3) && node.dims(3, 'sizes').length > 0;
  if (!bySize) return resized(node, byScales(node), options);
  return resized(node, bySizes(node), options);
}

/** Before opset 11 the nearest position is rounded up on an axis that shrinks, and down on one that grows. */
function readOldResize(node: NodeReader, scales: readonly number[], options: Options): Value {
  const grown = scales.map((scale) => Math.max(scale, 1));
  const shrunk = scales.map((scale) => Math.min(scale, 1));
  const plain = scales.every((scale) => scale >= 1) || options.mode !== 'nearest';
  if (plain) return resized(node, { sizes: [], scales }, options);
  const small = resized(node, { sizes: [], scales: shrunk }, { ...options, nearest_mode: 'ceil' });
  if (grown.every((scale) => scale === 1)) return small;
  return resized(node.withInputs([small]), { sizes: [], scales: grown }, options);
}

/** The axes that sizes, scales and the region of interest list. */
function listedAxes(node: NodeReader): number[] {
  const rank = node.input(0).type.shape.length;
  return node.ints('axes')?.map((a) => (a < 0 ? a + rank : a)) ?? Array.from({ length: rank }, (_, i) => i);
}

interface Target {
  readonly sizes: readonly number[];
  readonly scales: readonly number[];
}

function bySizes(node: NodeReader): Target {
  const { shape } = node.input(0).type;
  const axes = listedAxes(node);
  const given = node.numbers(3, 'sizes');
  const policy = node.expectText('keep_aspect_ratio_policy', 'stretch', [
    'stretch',
    'not_larger',
    'not_smaller',
  ]);
  if (policy === 'stretch') {
    const sizes = shape.map((dim, axis) => given[axes.indexOf(axis)] ?? dim);
    if (!sizes.every(isStatic)) throw node.needsSizes(shape);
    return { sizes, scales: [] };
  }
  const fixed = fixedShape(node, node.input(0));
  const ratios = axes.map((axis, i) => Math.fround((given[i] ?? 1) / (fixed[axis] ?? 1)));
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  const sizes = fixed.map((dim, axis) =>
    axes.includes(axis) ? Math.floor(Math.fround(ratio * dim) + 0.5) : dim,
  );
  return { sizes, scales: fixed.map((_, axis) => (axes.includes(axis) ? ratio : 1)) };
}

function byScales(node: NodeReader): Target {
  const axes = listedAxes(node);
  const given = node.numbers(2, 'scales');
  return { sizes: [], scales: node.input(0).type.shape.map((_, axis) => given[axes.indexOf(axis)] ?? 1) };
}

/** One `resize` if its modes suffice, otherwise what each axis reads: elements, or sums weighted by a matrix. */
function resized(node: NodeReader, target: Target, options: Options): Value {
  const x = node.input(0);
  if (!isFloat(x.type.dtype) && options.mode !== 'nearest') return onIntegers(node, target, options);
  const { mode, coordinate_transformation_mode, nearest_mode } = options;
  const size = oneTarget(x, target);
  const plain =
    size &&
    mode !== 'cubic' &&
    !(options.antialias && mode === 'linear') &&
    !options.exclude_outside &&
    plainModes.includes(coordinate_transformation_mode);
  if (plain) return node.emit('resize', [x], { ...size, mode, coordinate_transformation_mode, nearest_mode });
  return byAxes(node, target, options);
}

/** Sizes or scales, if one input holds either. */
function oneTarget({ type }: Value, { sizes, scales }: Target): Attrs | undefined {
  if (!scales.length) return { sizes: [...sizes] };
  const same = sizes.every((size, axis) => size === scaledSize(Number(type.shape[axis]), scales[axis] ?? 1));
  return same ? { scales: [...scales] } : undefined;
}

/**
 * ONNX Runtime truncates what it interpolates. Sums of weights that are multiples of 1/256 are exact in float32, and so the
 * same everywhere; with others a whole number may come out just below itself.
 */
function onIntegers(node: NodeReader, { sizes, scales }: Target, options: Options): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const shape = fixedShape(node, x);
  const to = sizes.length ? sizes : shape.map((dim, axis) => scaledSize(dim, scales[axis] ?? 1));
  const exact = resizeTables(shape, to, { ...options, scales })
    .flat(2)
    .every(({ weight }) => Number.isInteger(weight * 256));
  const crop = options.coordinate_transformation_mode === 'tf_crop_and_resize';
  if (options.mode !== 'linear' || options.antialias || crop || !exact)
    throw new CompileError(
      'onnx/unsupported',
      `${node.op} interpolates ${x.type.dtype} with weights that are not exact; cast it to float32 before`,
    );
  const wide = node.withInputs([f.cast(x, 'f32'), node.optional(1)]);
  return f.cast(resized(wide, { sizes, scales }, options), x.type.dtype);
}

function byAxes(node: NodeReader, { sizes, scales }: Target, options: Options): Value {
  const shape = fixedShape(node, node.input(0));
  const to = sizes.length ? sizes : shape.map((dim, axis) => scaledSize(dim, scales[axis] ?? 1));
  if (to.every((out, axis) => out === shape[axis])) return node.emit('identity', [node.input(0)]);
  const regions = regionsOf(node, options);
  const axes = to.map((out, axis) => {
    const geometry = { size: shape[axis] ?? 1, out, scale: scales[axis], region: regions[axis] ?? [0, 1] };
    return { axis, out, size: geometry.size, ...insideOf(geometry, options) };
  });
  if (axes.some(({ out, taps }) => out > 0 && taps.length === 0))
    return node.emit('expand', [new Formulas(node).number(node.input(0), options.extrapolation_value)], {
      shape: to,
    });
  const inside = axes.reduce((x, one) => alongAxis(node, x, one, options), node.input(0));
  return extrapolated(node, inside, axes, options.extrapolation_value);
}

/** The region of tf_crop_and_resize on each axis. */
function regionsOf(node: NodeReader, options: Options): (readonly [number, number])[] {
  if (options.coordinate_transformation_mode !== 'tf_crop_and_resize' || !node.has(1)) return [];
  const axes = listedAxes(node);
  const roi = node.numbers(1, 'roi');
  const regions: (readonly [number, number])[] = [];
  axes.forEach((axis, i) => {
    regions[axis] = [roi[i] ?? 0, roi[i + axes.length] ?? 1];
  });
  return regions;
}

interface AxisPart {
  readonly axis: number;
  readonly size: number;
  readonly out: number;
  /** Output positions before those that read inside the axis. */
  readonly before: number;
  /** What the positions inside read. */
  readonly taps: readonly (readonly Tap[])[];
}

/**
 * Outside the axis, tf_crop_and_resize uses the extrapolation value; positions are monotone, so the inside is
 * one range.
 */
function insideOf(axis: ResizeAxis, options: Options): Pick<AxisPart, 'before' | 'taps'> {
  const taps = axisTaps(axis, options);
  if (options.coordinate_transformation_mode !== 'tf_crop_and_resize') return { before: 0, taps };
  const isInside = taps.map((_, i) => {
    const at = sourcePosition(i, axis, options);
    return at >= 0 && at <= axis.size - 1;
  });
  const before = Math.max(0, isInside.indexOf(true));
  return { before, taps: taps.slice(before, isInside.lastIndexOf(true) + 1) };
}

function extrapolated(node: NodeReader, x: Value, axes: readonly AxisPart[], value: number): Value {
  const after = axes.map(({ out, before, taps }) => out - before - taps.length);
  const pads = [...axes.map(({ before }) => before), ...after];
  return pads.some((count) => count > 0) ? node.emit('pad', [x], { pads, value }) : x;
}

/** One tap a position is a gather; more are y = W x along the axis, x seen as [outer, size, inner]. */
function alongAxis(node: NodeReader, x: Value, { axis, size, taps }: AxisPart, { mode }: Options): Value {
  const f = new Formulas(node);
  if (taps.length === size && taps.every((list, i) => list.length === 1 && list[0]?.index === i)) return x;
  if (mode === 'nearest') {
    const indices = taps.map((list) => list[0]?.index ?? 0);
    const positions = node.addConstant(fromNumbers('i64', [indices.length], indices));
    return f.emit('gather', [x, positions], { axis });
  }
  const rows = taps.map((list) => {
    const row = new Array<number>(size).fill(0);
    for (const { index, weight } of list) row[index] = (row[index] ?? 0) + weight;
    return row;
  });
  const shape = fixedShape(node, x);
  const matrix = node.addConstant(fromNumbers(x.type.dtype, [rows.length, size], rows.flat()));
  const view = f.reshape(x, [numElements(shape.slice(0, axis)), size, numElements(shape.slice(axis + 1))]);
  return f.reshape(
    f.emit('matmul', [matrix, view]),
    shape.map((dim, a) => (a === axis ? rows.length : dim)),
  );
}

function readUpsample(node: NodeReader): Value {
  const scales = node.has(1) ? node.numbers(1, 'scales') : node.floats('scales');
  if (!scales) throw new CompileError('onnx/unsupported', 'Upsample before opset 7 is not supported');
  const mode = node.expectText('mode', 'nearest', ['nearest', 'linear']);
  return resized(node, { sizes: [], scales }, { ...plainOptions, mode });
}
