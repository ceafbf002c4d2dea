import { type Attrs, type DType, isFloat, type Node, sameShape, type Value } from '@ghostc/ir';
import { attrsOf, conv2d, depthwiseConv2d } from '@ghostc/ops';
import { constantData, numbersOf } from './constant-math.ts';
import { batchNormAffine, foldRefusal } from './rules/fold-batch-norm.ts';

/** Where a kernel reads along one axis, from output position 0: start, start + step, ... (count of them). */
interface Span {
  /** Minus the leading pad. */
  readonly start: number;
  readonly step: number;
  readonly count: number;
  readonly padAfter: number;
}

/** The input channels that an output channel m reads: `first(m)` and the `per - 1` after it. */
interface Channels {
  readonly op: 'conv2d' | 'depthwise_conv2d';
  readonly attrs: Attrs;
  readonly per: number;
  readonly first: (m: number) => number;
}

/**
 * A linear map of an image that can be expressed as a convolution: a convolution, a batch norm, or the
 * identity.
 */
export interface ConvBranch {
  /** null for the identity. */
  readonly node: Node | null;
  readonly x: Value;
  /** Channels of the output. */
  readonly outputs: number;
  readonly dtype: DType;
  readonly strides: readonly number[];
  readonly spans: readonly [Span, Span];
  readonly channels: Channels;
  /** [outputs, per, height, width]. */
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number> | null;
}

const perChannel: Channels = { op: 'depthwise_conv2d', attrs: {}, per: 1, first: (m) => m };
const point: Span = { start: 0, step: 1, count: 1, padAfter: 0 };

/** Interprets a value as a branch: returns the reason if it is not one, or null if it does not resemble one. */
export function branchOf(value: Value): ConvBranch | string | null {
  const node = value.producer;
  if (node?.op === 'conv2d' || node?.op === 'depthwise_conv2d') return convBranch(node);
  if (node?.op === 'batch_norm') return batchNormBranch(node);
  return null;
}

/** x as a branch of a sum in which other branches read x. */
export function identityBranch(x: Value): ConvBranch {
  const outputs = Number(x.type.shape[1]);
  return { ...pointwise(x, outputs), node: null, weight: new Float64Array(outputs).fill(1), bias: null };
}

function pointwise(x: Value, outputs: number): Omit<ConvBranch, 'node' | 'weight' | 'bias'> {
  return { x, outputs, dtype: x.type.dtype, strides: [1, 1], spans: [point, point], channels: perChannel };
}

function convBranch(node: Node): ConvBranch | string {
  const [x, weight, bias] = node.inputs;
  if (!x || !weight?.constant) return `the weight of %${node.output.name} is not constant`;
  const refusal = foldRefusal(node);
  if (refusal) return refusal;
  if (!isFloat(weight.type.dtype)) return `the weight of %${node.output.name} is ${weight.type.dtype}`;
  const attrs = attrsOf(conv2d, node);
  const [outputs = 0, per = 1, height = 1, width = 1] = constantData(weight).shape;
  const span = (axis: 0 | 1, count: number): Span => ({
    start: -(attrs.pads[axis] ?? 0),
    step: attrs.dilations[axis] ?? 1,
    count,
    padAfter: attrs.pads[axis + 2] ?? 0,
  });
  return {
    node,
    x,
    outputs,
    dtype: weight.type.dtype,
    strides: attrs.strides,
    spans: [span(0, height), span(1, width)],
    channels: channelsOf(node, outputs, per),
    weight: numbersOf(weight),
    bias: bias ? numbersOf(bias) : null,
  };
}

function channelsOf(node: Node, outputs: number, per: number): Channels {
  if (node.op === 'depthwise_conv2d') {
    const { multiplier } = attrsOf(depthwiseConv2d, node);
    return { op: node.op, attrs: { multiplier }, per, first: (m) => Math.floor(m / multiplier) };
  }
  const { group } = attrsOf(conv2d, node);
  return { op: 'conv2d', attrs: { group }, per, first: (m) => Math.floor(m / (outputs / group)) * per };
}

function batchNormBranch(node: Node): ConvBranch | string {
  const [x, scale, shift, mean, variance] = node.inputs;
  if (!x || !scale?.constant || !shift?.constant || !mean?.constant || !variance?.constant)
    return `the parameters of %${node.output.name} are not constant`;
  const { factors, offsets } = batchNormAffine({ scale, shift, mean, variance, bn: node });
  return { ...pointwise(x, factors.length), node, weight: factors, bias: offsets };
}

/** One convolution that computes the sum of several branches. */
export interface MergedConv {
  readonly op: string;
  readonly attrs: Attrs;
  readonly shape: readonly number[];
  readonly weight: Float64Array;
  readonly bias: Float64Array | null;
}

/**
 * Sums branches of one input and stride into a convolution, or returns why that is impossible or would cost
 * more.
 */
export function mergeBranches(branches: readonly [ConvBranch, ...ConvBranch[]]): MergedConv | string {
  const [{ outputs, strides }] = branches;
  const { channels } = branches.reduce((a, b) => (b.channels.per > a.channels.per ? b : a));
  const spans = ([0, 1] as const).map((axis) => unionSpan(branches.map((branch) => branch.spans[axis])));
  const [rows, columns] = spans;
  if (!rows || !columns) return 'the kernels lie on different grids';
  const size = outputs * channels.per * rows.count * columns.count;
  const apart = branches.reduce((sum, { weight }) => sum + weight.length, 0);
  if (size > apart) return `one kernel of ${size} weights would take more work than ${apart} in branches`;
  const frame: Frame = { rows, columns, channels, outputs };
  const weight = new Float64Array(size);
  if (!branches.every((branch) => addBranch(weight, branch, frame)))
    return 'the groups of the branches do not fit into one another';
  return {
    op: channels.op,
    attrs: { ...channels.attrs, strides, ...windowOf(rows, columns) },
    shape: [outputs, channels.per, rows.count, columns.count],
    weight,
    bias: sumBiases(branches, outputs),
  };
}

function windowOf(rows: Span, columns: Span): Attrs {
  const pads = [-rows.start, -columns.start, rows.padAfter, columns.padAfter];
  return { pads, dilations: [rows.step, columns.step] };
}

/** The smallest span that contains all of them, and reads as far past the end as the one that reads farthest. */
function unionSpan(spans: readonly Span[]): Span | null {
  const step = spans.find(({ count }) => count > 1)?.step ?? 1;
  const end = (span: Span): number => span.start + (span.count - 1) * span.step;
  const start = Math.min(...spans.map((span) => span.start));
  const last = spans.reduce((a, b) => (end(b) > end(a) ? b : a));
  const aligned = spans.every(
    (span) => (span.count === 1 || span.step === step) && (span.start - start) % step === 0,
  );
  if (!aligned) return null;
  return { start, step, count: (end(last) - start) / step + 1, padAfter: last.padAfter };
}

interface Frame {
  readonly rows: Span;
  readonly columns: Span;
  readonly channels: Channels;
  readonly outputs: number;
}

/**
 * Adds a branch's weights at their places in the larger kernel; false if it reads a channel that the kernel
 * does not.
 */
function addBranch(
  sum: Float64Array,
  branch: ConvBranch,
  { rows, columns, channels, outputs }: Frame,
): boolean {
  const [own, across] = branch.spans;
  const top = (own.start - rows.start) / rows.step;
  const left = (across.start - columns.start) / columns.step;
  let at = 0;
  for (let m = 0; m < outputs; m++) {
    const offset = branch.channels.first(m) - channels.first(m);
    if (offset < 0 || offset + branch.channels.per > channels.per) return false;
    for (let c = offset; c < offset + branch.channels.per; c++)
      for (let y = 0; y < own.count; y++) {
        const row = ((m * channels.per + c) * rows.count + top + y) * columns.count + left;
        for (let x = 0; x < across.count; x++)
          sum[row + x] = (sum[row + x] ?? 0) + Number(branch.weight[at++]);
      }
  }
  return true;
}

function sumBiases(branches: readonly ConvBranch[], outputs: number): Float64Array | null {
  if (branches.every(({ bias }) => bias === null)) return null;
  return Float64Array.from({ length: outputs }, (_, m) =>
    branches.reduce((sum, { bias }) => sum + (bias?.[m] ?? 0), 0),
  );
}

/** Whether a branch's output is an image or a line of the type of the sum, so that nothing broadcasts. */
export function fillsSum(branch: ConvBranch, sum: Value): boolean {
  const value = branch.node?.output ?? branch.x;
  const rank = value.type.shape.length;
  return (rank === 3 || rank === 4) && sameShape(value.type.shape, sum.type.shape);
}
