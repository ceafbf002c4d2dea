import {
  CompileError,
  type Dim,
  isStatic,
  numElements,
  type QuantParams,
  type Tensor,
  type Value,
} from '@ghostc/ir';
import { evaluateOne, spreadTranspose, transpose } from '@ghostc/ops';
import { Formulas, fixedShape, inFloat32 } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';
import { dequantizedConstant } from './source-node.ts';
import { poolAttributes, windowAttributes } from './window-attributes.ts';

export const convolutionRows: readonly OpRow[] = [
  ['AveragePool', readAveragePool],
  ['Conv', readConv],
  ['ConvTranspose', readConvTranspose],
  ['GlobalAveragePool', readGlobalAveragePool],
  ['GlobalMaxPool', (node) => node.emit('reduce_max', [node.input(0)], { axes: spatialAxes(node.input(0)) })],
  ['LpPool', inFloat32(readLpPool)],
  ['MaxPool', readMaxPool],
];

/** A window over any number of spatial axes. Pads: all begins, then all ends. */
interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

function spatialAxes(x: Value): number[] {
  return x.type.shape.slice(2).map((_, i) => i + 2);
}

function readGlobalAveragePool(node: NodeReader): Value {
  const x = node.input(0);
  if (x.type.shape.length === 3 || x.type.shape.length === 4) return node.emit('global_average_pool', [x]);
  return node.emit('reduce_mean', [x], { axes: spatialAxes(x), keepdims: true });
}

/** The window along some of its axes. */
function along({ strides, dilations, pads }: Window, axes: readonly number[]): Window {
  const half = pads.length / 2;
  return {
    strides: axes.map((a) => strides[a] ?? 1),
    dilations: axes.map((a) => dilations[a] ?? 1),
    pads: [...axes.map((a) => pads[a] ?? 0), ...axes.map((a) => pads[a + half] ?? 0)],
  };
}

function readConv(node: NodeReader): Value {
  const [x, weight] = [node.input(0), node.input(1)];
  const kernel = weight.type.shape.slice(2);
  if (!kernel.every(isStatic))
    throw new CompileError('onnx/dynamic-shape', 'Conv expects a weight of fixed shape');
  const declared = node.ints('kernel_shape');
  if (declared && declared.join() !== kernel.join())
    throw new CompileError(
      'onnx/attribute',
      `kernel_shape [${declared.join(',')}] differs from the weight's [${kernel.join(',')}]`,
    );
  const window = windowAttributes(node, x.type.shape.slice(2), kernel);
  return convolve(node, { x, weight, bias: node.optional(2) }, { ...window, group: node.int('group', 1) });
}

interface Operands {
  readonly x: Value;
  readonly weight: Value;
  readonly bias: Value | null;
}

interface ConvWindow extends Window {
  readonly group: number;
}

/** A convolution over one, two or three spatial axes: over a line it is that of an image of height 1. */
export function convolve(node: NodeReader, operands: Operands, window: ConvWindow): Value {
  const rank = operands.x.type.shape.length - 2;
  if (rank === 3) return convolve3d(node, operands, window);
  if (rank !== 1 && rank !== 2)
    throw new CompileError('onnx/unsupported', `${node.op} over ${rank} spatial axes is not supported`);
  const { x, weight, bias } = operands;
  const kernel = rank === 1 ? lineKernel(node, weight) : weight;
  return node.emit('conv2d', [x, kernel, bias], { ...plain(window), group: window.group });
}

/** A window as attributes of an image's; over a line it has one row. */
function plain({ strides, dilations, pads }: Window): Record<'strides' | 'dilations' | 'pads', number[]> {
  if (pads.length !== 2) return { strides: [...strides], dilations: [...dilations], pads: [...pads] };
  const [before = 0, after = 0] = pads;
  return { strides: [1, ...strides], dilations: [1, ...dilations], pads: [0, before, 0, after] };
}

/** Weights [M,C,k] as [M,C,1,k]; of dequantised constants the integers. */
function lineKernel(node: NodeReader, weight: Value): Value {
  const [m = 1, c = 1, k = 1] = weight.type.shape.map(Number);
  const shape = [m, c, 1, k];
  const source = weight.producer?.op === 'dequantize_linear' ? weight.producer.inputs[0] : weight;
  if (!source?.constant) return node.emit('reshape', [weight], { shape });
  const kernel = node.addConstant({ ...source.constant, shape }, source.name);
  return source === weight ? kernel : node.emit('dequantize_linear', [kernel]);
}

/**
 * A 3-d convolution is a sum of 2-d ones: for each depth d of the kernel, the planes that it meets (a strided slice of the
 * padded depth) become a batch, which is convolved with the kernel's plane d.
 */
function convolve3d(node: NodeReader, { x, weight, bias }: Operands, window: ConvWindow): Value {
  const f = new Formulas(node);
  const [n = 1, c = 1] = fixedShape(node, x);
  const [m = 1, perGroup = 1, depth = 1, kh = 1, kw = 1] = fixedShape(node, weight);
  const padded = padAxis(f, x, { axis: 2, before: window.pads[0] ?? 0, after: window.pads[3] ?? 0 });
  const [stride, dilation] = [window.strides[0] ?? 1, window.dilations[0] ?? 1];
  const planes = fixedShape(node, padded)[2] ?? 1;
  const count = Math.floor((planes - dilation * (depth - 1) - 1) / stride) + 1;
  const flat = { ...plain(along(window, [1, 2])), group: window.group };
  const part = (d: number): Value => {
    const start = d * dilation;
    const picked = f.emit('slice', [padded], {
      starts: [start],
      ends: [start + (count - 1) * stride + 1],
      axes: [2],
      steps: [stride],
    });
    const [, , , h = 1, w = 1] = fixedShape(node, picked);
    const batch = f.reshape(f.emit('transpose', [picked], { perm: [0, 2, 1, 3, 4] }), [n * count, c, h, w]);
    const plane = f.emit('slice', [weight], { starts: [d], ends: [d + 1], axes: [2] });
    return f.emit('conv2d', [batch, f.reshape(plane, [m, perGroup, kh, kw]), d === 0 ? bias : null], flat);
  };
  const sum = Array.from({ length: depth }, (_, d) => part(d)).reduce((total, y) => f.add(total, y));
  const [, , oh = 1, ow = 1] = fixedShape(node, sum);
  return f.emit('transpose', [f.reshape(sum, [n, count, m, oh, ow])], { perm: [0, 2, 1, 3, 4] });
}

/** Pads one axis, or cuts it if a pad is negative. */
function padAxis(
  f: Formulas,
  x: Value,
  { axis, before, after }: { axis: number; before: number; after: number },
): Value {
  const rank = x.type.shape.length;
  const size = fixedShape(f.node, x)[axis] ?? 1;
  const cut =
    before < 0 || after < 0
      ? f.emit('slice', [x], {
          starts: [Math.max(0, -before)],
          ends: [size + Math.min(0, after)],
          axes: [axis],
        })
      : x;
  if (before <= 0 && after <= 0) return cut;
  const pads = new Array<number>(2 * rank).fill(0);
  [pads[axis], pads[axis + rank]] = [Math.max(0, before), Math.max(0, after)];
  return f.emit('pad', [cut], { pads });
}

/**
 * One op if there is a kernel for it. In three dimensions, or with computed weights, a convolution of the
 * dilated input.
 */
function readConvTranspose(node: NodeReader): Value {
  const [x, weight] = [node.input(0), node.input(1)];
  const rank = x.type.shape.length - 2;
  const constant = weight.constant ?? quantizedWeight(weight);
  return (rank === 1 || rank === 2) && constant
    ? transposedConv(node, x, constant)
    : spreadConv(node, x, weight);
}

/** The integers of a weight [C,M/g,..] that is dequantised, by one scale or by one a channel. */
function quantizedWeight(value: Value): Tensor | undefined {
  const constant = dequantizedConstant(value);
  return constant?.quant?.axis === 0 ? undefined : constant;
}

/** The scales of [C,M/g,..] as those of [M,C/g,..]: each group has the same ones. */
function turnedQuant({ scale, zeroPoint, axis }: QuantParams, group: number): QuantParams {
  if (axis === undefined) return { scale, zeroPoint };
  const groups = new Array<readonly number[]>(group);
  return { scale: groups.fill(scale).flat(), zeroPoint: groups.fill(zeroPoint).flat(), axis: 0 };
}

function transposedConv(node: NodeReader, x: Value, weight: Tensor): Value {
  const [c = 1, perGroup = 1, ...kernel] = weight.shape;
  const group = node.int('group', 1);
  const { dilations, axes } = transposeGeometry(node, x.type.shape.slice(2), kernel);
  const { quant, ...plainWeight } = weight;
  const split = { ...plainWeight, shape: [group, c / group, perGroup, ...kernel] };
  const turned = evaluateOne(transpose, [split], { perm: [0, 2, 1, ...kernel.map((_, i) => i + 3)] });
  const shape = [group * perGroup, c / group, ...kernel];
  if (kernel.length === 1) shape.splice(2, 0, 1);
  const window = plain({
    strides: axes.map(({ stride }) => stride),
    dilations,
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
  });
  const extra = axes.map(({ more }) => more);
  const kept = { ...turned, shape, ...(quant && { quant: turnedQuant(quant, group) }) };
  const constant = node.addConstant(kept, node.input(1).name);
  return node.emit(
    'conv_transpose2d',
    [x, quant ? node.emit('dequantize_linear', [constant]) : constant, node.optional(2)],
    { ...window, output_padding: extra.length === 1 ? [0, ...extra] : extra, group },
  );
}

function spreadConv(node: NodeReader, x: Value, weight: Value): Value {
  const shape = fixedShape(node, x);
  const kernel = fixedShape(node, weight).slice(2);
  const group = node.int('group', 1);
  const { dilations, axes } = transposeGeometry(node, shape.slice(2), kernel);
  const sizes = axes.map((axis, a) => {
    const full = fullLength(shape[a + 2] ?? 1, axis, { taps: kernel[a] ?? 1, dilation: dilations[a] ?? 1 });
    return full - axis.begin - axis.end;
  });
  if (sizes.some((size) => size <= 0))
    throw new CompileError(
      'onnx/unsupported',
      `expected an output with elements, found sizes ${sizes.join('x')}`,
    );
  const window = {
    strides: axes.map(({ stride }) => stride),
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
    output_padding: axes.map(({ more }) => more),
  };
  const wide = spreadTranspose(x, { shape, kernel, dilations, ...window }, (op, inputs, attrs) =>
    node.emit(op, inputs, attrs),
  );
  return convolve(
    node,
    { x: wide.x, weight: mirrored(new Formulas(node), weight, group), bias: node.optional(2) },
    { strides: kernel.map(() => 1), pads: wide.pads, dilations, group },
  );
}

interface TransposeAxis {
  readonly stride: number;
  /** Outputs that go from the start and the end. */
  readonly begin: number;
  readonly end: number;
  /** Outputs that are added at the end. */
  readonly more: number;
}

function transposeGeometry(
  node: NodeReader,
  size: readonly Dim[],
  kernel: readonly number[],
): { dilations: readonly number[]; axes: readonly TransposeAxis[] } {
  const strides = node.ints('strides') ?? kernel.map(() => 1);
  const dilations = node.ints('dilations') ?? kernel.map(() => 1);
  const extra = node.ints('output_padding') ?? kernel.map(() => 0);
  const mode = node.expectText('auto_pad', 'NOTSET', ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  const given = node.ints('pads') ?? kernel.flatMap(() => [0, 0]);
  const wanted = node.ints('output_shape')?.slice(-kernel.length);
  const axes = kernel.map((k, a) => {
    const [stride = 1, dilation = 1, more = 0] = [strides[a], dilations[a], extra[a]];
    const fixed = wanted === undefined && !mode.startsWith('SAME');
    if (fixed && mode === 'VALID') return { stride, begin: 0, end: 0, more };
    if (fixed) return { stride, begin: given[a] ?? 0, end: given[a + kernel.length] ?? 0, more };
    const length = size[a] ?? 1;
    if (!isStatic(length)) throw node.needsSizes(size);
    const full = fullLength(length, { stride, more }, { taps: k, dilation });
    const target = wanted?.[a] ?? length * stride;
    const [begin, end] = sharedPads(Math.max(0, full - target), mode);
    // A shape that asks for more than there is gets zeros at the end, as in ONNX Runtime.
    return { stride, begin, end, more: more + Math.max(0, (wanted?.[a] ?? 0) - full) };
  });
  return { dilations, axes };
}

/** Outputs along an axis before any go. */
function fullLength(
  length: number,
  { stride, more }: Pick<TransposeAxis, 'stride' | 'more'>,
  { taps, dilation }: { readonly taps: number; readonly dilation: number },
): number {
  return stride * (length - 1) + more + (taps - 1) * dilation + 1;
}

/** The spare cells on both sides; the odd one at the end for SAME_UPPER, at the start otherwise. */
function sharedPads(total: number, mode: string): [number, number] {
  const small = Math.floor(total / 2);
  return mode === 'SAME_UPPER' ? [small, total - small] : [total - small, small];
}

/** Weight [C, M/g, k..] of a transposed convolution as [M, C/g, k..] of a plain one, every spatial axis reversed. */
function mirrored(f: Formulas, weight: Value, group: number): Value {
  const [c = 1, perGroup = 1, ...kernel] = fixedShape(f.node, weight);
  const axes = kernel.map((_, i) => i + 2);
  const reversed = f.emit('slice', [weight], {
    starts: axes.map(() => -1),
    ends: axes.map(() => Number.MIN_SAFE_INTEGER),
    axes,
    steps: axes.map(() => -1),
  });
  const split = f.reshape(reversed, [group, c / group, perGroup, ...kernel]);
  const perm = [0, 2, 1, ...kernel.map((_, i) => i + 3)];
  return f.reshape(f.emit('transpose', [split], { perm }), [group * perGroup, c / group, ...kernel]);
}

interface Pool extends Window {
  readonly kernel: readonly number[];
  readonly ceil: boolean;
}

function poolOf(node: NodeReader): Pool {
  const kernel = node.ints('kernel_shape') ?? [];
  const shape = node.input(0).type.shape;
  if (kernel.length === 0 || shape.length !== kernel.length + 2 || kernel.length > 3)
    throw new CompileError(
      'onnx/unsupported',
      `${node.op} of rank ${shape.length} with a kernel of rank ${kernel.length} is not supported`,
    );
  return {
    kernel,
    ...poolAttributes(node, shape.slice(2), kernel),
    ceil: node.int('ceil_mode', 0) === 1,
  };
}

function flatAttrs(pool: Pool, axes: readonly number[]): Record<string, number[] | boolean> {
  const kernel = axes.map((a) => pool.kernel[a] ?? 1);
  return {
    ...plain(along(pool, axes)),
    kernel_shape: axes.length === 1 ? [1, ...kernel] : kernel,
    ceil_mode: pool.ceil,
  };
}

/**
 * A pool over one to three spatial axes. Maximum and mean over a box are those over its planes, then over its depth: how
 * many elements a window counts is a product over the axes.
 */
function pooled(
  node: NodeReader,
  op: string,
  { x, pool, attrs }: { x: Value; pool: Pool; attrs: object },
): Value {
  const f = new Formulas(node);
  const rank = pool.kernel.length;
  if (rank < 3) return f.emit(op, [x], { ...flatAttrs(pool, [0, 1].slice(0, rank)), ...attrs });
  const shape = fixedShape(node, x);
  const [n = 1, c = 1] = shape;
  const line = (value: Value, a: number, [rows, columns]: readonly [number, number]): Value => {
    const only = along(pool, [a]);
    const [before = 0, after = 0] = only.pads;
    return f.emit(op, [f.reshape(value, [1, n * c, rows, columns])], {
      kernel_shape: [pool.kernel[a] ?? 1, 1],
      strides: [only.strides[0] ?? 1, 1],
      dilations: [only.dilations[0] ?? 1, 1],
      pads: [before, 0, after, 0],
      ceil_mode: pool.ceil,
      ...attrs,
    });
  };
  const [, , d = 1, h = 1, w = 1] = shape;
  const planes = f.emit(op, [f.reshape(x, [1, n * c * d, h, w])], { ...flatAttrs(pool, [1, 2]), ...attrs });
  const [, , oh = 1, ow = 1] = fixedShape(node, planes);
  const y = line(planes, 0, [d, oh * ow]);
  return f.reshape(y, [n, c, fixedShape(node, y)[2] ?? 1, oh, ow]);
}

function readAveragePool(node: NodeReader): Value {
  const attrs = { count_include_pad: node.int('count_include_pad', 0) === 1 };
  return pooled(node, 'average_pool', { x: node.input(0), pool: poolOf(node), attrs });
}

function readMaxPool(node: NodeReader): Value | readonly Value[] {
  const pool = poolOf(node);
  const y = pooled(node, 'max_pool', { x: node.input(0), pool, attrs: {} });
  if (!node.proto.output?.[1]) return y;
  if (pool.kernel.length > 2)
    throw new CompileError(
      'onnx/unsupported',
      'MaxPool gives indices only for lines and images (rank 3 and 4)',
    );
  const indices = node.emit('arg_max_pool', [node.input(0)], {
    ...flatAttrs(pool, [0, 1].slice(0, pool.kernel.length)),
    column_major: node.int('storage_order', 0) === 1,
  });
  return [y, indices];
}

/** (sum of |x|^p)^(1/p) over a window: the mean with padding counted, times the window's size. */
function readLpPool(node: NodeReader): Value {
  const f = new Formulas(node);
  const pool = poolOf(node);
  const p = node.int('p', 2);
  const x = node.input(0);
  const size = f.emit('abs', [x]);
  const powers = p === 1 ? size : p === 2 ? f.mul(x, x) : f.emit('pow', [size, f.number(x, p)]);
  if (pool.ceil) throw new CompileError('onnx/unsupported', 'LpPool with ceil_mode is not supported');
  const mean = pooled(node, 'average_pool', { x: powers, pool, attrs: { count_include_pad: true } });
  const sum = f.mul(mean, numElements(pool.kernel));
  if (p === 1) return sum;
  return p === 2 ? f.emit('sqrt', [sum]) : f.emit('pow', [sum, f.number(x, 1 / p)]);
}
