import { allocate, CompileError, itemAt, type Value } from '@ghostc/ir';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { StridedSliceOptions } from '../generated/strided-slice-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { type AxisOrder, typeOf } from '../tensor-table.ts';
import { asDeclared } from './linear.ts';

interface Range {
  readonly start: number;
  /** First index that is not read; below 0 when a negative step reads down to the first element. */
  readonly end: number;
  readonly step: number;
}

/** SLICE: `size` elements from `begin`; -1 means all that follow. */
export function readSlice(node: OperatorReader): void {
  const { shape } = node.inputTensor(0);
  const [begin, size] = [node.integers(1, 'begin'), node.integers(2, 'size')];
  checkLength(node, shape.length, begin, size);
  const ranges = shape.map((dim, axis) => {
    const start = begin[axis] ?? 0;
    const count = size[axis] ?? -1;
    return { start, end: count === -1 ? dim : start + count, step: 1 };
  });
  if (ranges.some(({ start, end }) => end === start)) {
    node.setOutput(nothing(node, ranges), 'plain');
    return;
  }
  const order = node.preferredOrder();
  node.setOutput(sliced(node, ranges, { order, input: 0 }), order);
}

/** A tensor without elements, such as a list before its first entry: CONCATENATION leaves it out. */
function nothing(node: OperatorReader, ranges: readonly Range[]): Value {
  const { name } = node.outputTensor();
  const { dtype } = typeOf(node.outputTensor());
  const shape = ranges.map(({ start, end }) => end - start);
  return node.table.graph.addConstant(name, { dtype, shape, data: allocate(dtype, 0) });
}

/** STRIDED_SLICE: begin, end and strides with masks for open ends, for axes that are dropped or new, and an ellipsis. */
export function readStridedSlice(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.StridedSliceOptions, new StridedSliceOptions());
  if (options.offset())
    throw new CompileError('tflite/unsupported', 'STRIDED_SLICE with offsets is not supported');
  const { shape } = node.inputTensor(0);
  const [begin, end, strides] = [
    node.integers(1, 'begin'),
    node.integers(2, 'end'),
    node.integers(3, 'strides'),
  ];
  checkLength(node, begin.length, end, strides);
  const entries = slicedAxes(options, begin.length, shape.length);
  const masked = (mask: number, entry: number): boolean => ((mask >> entry) & 1) === 1;
  const ranges = shape.map((dim, axis) => {
    const entry = entries[axis] ?? -1;
    if (entry < 0) return { start: 0, end: dim, step: 1 };
    const step = strides[entry] ?? 1;
    if (masked(options.shrinkAxisMask(), entry)) return oneElement(begin[entry] ?? 0, dim);
    return {
      start: masked(options.beginMask(), entry)
        ? step > 0
          ? 0
          : dim - 1
        : clamped(begin[entry] ?? 0, dim, step),
      end: masked(options.endMask(), entry) ? (step > 0 ? dim : -1) : clamped(end[entry] ?? 0, dim, step),
      step,
    };
  });
  const sameRank = options.shrinkAxisMask() === 0 && options.newAxisMask() === 0;
  const order = sameRank ? node.preferredOrder() : 'plain';
  node.setOutput(asDeclaredPlain(node, sliced(node, ranges, { order, input: 0 }), order), order);
}

/** The entry of begin, end and strides that speaks of each axis; -1 for axes that are taken whole. */
function slicedAxes(options: StridedSliceOptions, entries: number, rank: number): number[] {
  const is = (mask: number, entry: number): boolean => ((mask >> entry) & 1) === 1;
  const all = Array.from({ length: entries }, (_, entry) => entry);
  const consuming = all.filter((e) => !is(options.newAxisMask(), e) && !is(options.ellipsisMask(), e));
  const dots = all.find((e) => is(options.ellipsisMask(), e)) ?? entries;
  const whole = new Array<number>(Math.max(0, rank - consuming.length)).fill(-1);
  return [...consuming.filter((e) => e < dots), ...whole, ...consuming.filter((e) => e > dots)];
}

function asDeclaredPlain(node: OperatorReader, value: Value, order: AxisOrder): Value {
  return order === 'plain' ? asDeclared(node, value) : value;
}

/** SPLIT (axis, x) in equal parts, and SPLIT_V (x, sizes, axis). */
export function readSplit(node: OperatorReader): void {
  const count = node.operator.outputs.length;
  const axis = splitAxis(node, 0, 1);
  const size = (node.inputTensor(1).shape[axis] ?? 0) / count;
  if (!Number.isInteger(size))
    throw new CompileError(
      'tflite/shape',
      `${node.inputTensor(1).shape[axis]} elements do not split into ${count} parts`,
    );
  splitParts(node, { input: 1, axis, sizes: new Array<number>(count).fill(size) });
}

export function readSplitV(node: OperatorReader): void {
  const axis = splitAxis(node, 2, 0);
  const given = node.integers(1, 'sizes');
  const rest =
    (node.inputTensor(0).shape[axis] ?? 0) - given.reduce((sum, size) => (size < 0 ? sum : sum + size), 0);
  splitParts(node, { input: 0, axis, sizes: given.map((size) => (size < 0 ? rest : size)) });
}

function splitAxis(node: OperatorReader, axisInput: number, input: number): number {
  const [axis = 0] = node.integers(axisInput, 'axis');
  return node.axis(axis, 'plain', node.inputTensor(input).shape.length);
}

function splitParts(
  node: OperatorReader,
  { input, axis, sizes }: { input: number; axis: number; sizes: readonly number[] },
): void {
  const { shape } = node.inputTensor(input);
  const order = node.preferredOrder();
  let start = 0;
  node.operator.outputs.forEach((_, k) => {
    const end = start + (sizes[k] ?? 0);
    const ranges = shape.map((dim, i) =>
      i === axis ? { start, end, step: 1 } : { start: 0, end: dim, step: 1 },
    );
    node.setOutput(sliced(node, ranges, { order, input }), order, k);
    start = end;
  });
}

function sliced(
  node: OperatorReader,
  ranges: readonly Range[],
  { order, input }: { order: AxisOrder; input: number },
): Value {
  const { shape } = node.inputTensor(input);
  const outside = ranges.findIndex(({ start, end, step }, axis) =>
    badRange(start, end, step, shape[axis] ?? 0),
  );
  if (outside >= 0) {
    const { start, end, step } = itemAt(ranges, outside);
    throw new CompileError(
      'tflite/shape',
      `the range ${start} to ${end} by ${step} of axis ${outside} is empty or outside [${shape.join(',')}]`,
    );
  }
  const arranged = node.perAxis(ranges, order);
  return node.emit('slice', [node.input(input, order)], {
    axes: arranged.map((_, axis) => axis),
    starts: arranged.map(({ start }) => start),
    // ONNX counts negative ends from the back: "before the first element" is any number below -size.
    ends: arranged.map(({ end }) => (end < 0 ? Number.MIN_SAFE_INTEGER : end)),
    steps: arranged.map(({ step }) => step),
  });
}

function badRange(start: number, end: number, step: number, dim: number): boolean {
  if (start < 0 || start >= dim || end > dim || step === 0) return true;
  return step > 0 ? end <= start : end >= start;
}

function oneElement(index: number, dim: number): Range {
  const start = index < 0 ? index + dim : index;
  return { start, end: start + 1, step: 1 };
}

function clamped(index: number, dim: number, step: number): number {
  const positive = index < 0 ? index + dim : index;
  return step > 0 ? Math.min(Math.max(positive, 0), dim) : Math.min(Math.max(positive, -1), dim - 1);
}

function checkLength(node: OperatorReader, length: number, ...lists: readonly (readonly number[])[]): void {
  if (lists.every((list) => list.length === length)) return;
  throw new CompileError('tflite/options', `${node.code} expects ${length} entries for each axis list`);
}

/** REVERSE_V2 along constant axes. */
export function readReverse(node: OperatorReader): void {
  const { shape } = node.inputTensor(0);
  const axes = node.integers(1, 'axes').map((axis) => node.axis(axis, 'plain', shape.length));
  const ranges = shape.map((dim, axis) =>
    axes.includes(axis) ? { start: dim - 1, end: -1, step: -1 } : { start: 0, end: dim, step: 1 },
  );
  node.setOutput(sliced(node, ranges, { order: 'plain', input: 0 }), 'plain');
}
