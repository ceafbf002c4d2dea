import {
  CompileError,
  type DType,
  fromNumbers,
  numElements,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { normalAxis } from '@ghostc/ops';
import { Formulas, fixedShape } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';
import { samplingRows } from './read-sampling.ts';
import { dtypeOf } from './tensor-proto.ts';

/** Ops that pick, mask or place elements by their positions. */
export const indexRows: readonly OpRow[] = [
  ['CumSum', readCumSum],
  ['EyeLike', readEyeLike],
  ['NonZero', readNonZero],
  ['OneHot', readOneHot],
  ['ReverseSequence', readReverseSequence],
  ['Scatter', readScatterElements],
  ['ScatterElements', readScatterElements],
  ['Trilu', readTrilu],
  ...samplingRows,
];

/** Booleans over rows and columns, as a constant. */
function matrixMask(
  node: NodeReader,
  [rows, columns]: readonly [number, number],
  holds: (offset: number) => boolean,
): Uint8Array {
  node.claim(rows * columns, `${node.op} [${rows},${columns}]`);
  return Uint8Array.from({ length: rows * columns }, (_, at) =>
    Number(holds((at % columns) - Math.floor(at / columns))),
  );
}

/** The elements on and above the k-th diagonal, or on and below it; zeros elsewhere. */
function readTrilu(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const [rows = 1, columns = 1] = fixedShape(node, x).slice(-2);
  const k = node.has(1) ? (node.numbers(1, 'k')[0] ?? 0) : 0;
  const upper = node.int('upper', 1) !== 0;
  const mask = matrixMask(node, [rows, columns], (offset) => (upper ? offset >= k : offset <= k));
  const kept = node.addConstant(fromNumbers('bool', [rows, columns], mask), `${node.name}_mask`);
  return f.emit('where', [kept, x, f.number(x, 0)]);
}

/** A matrix as large as x with ones on the k-th diagonal. */
function readEyeLike(node: NodeReader): Value {
  const x = node.input(0);
  const [rows = 1, columns = 1] = fixedShape(node, x);
  const k = node.int('k', 0);
  const to = node.int('dtype', 0);
  const ones = matrixMask(node, [rows, columns], (offset) => offset === k);
  return node.addConstant(fromNumbers(to ? dtypeOf(to) : x.type.dtype, [rows, columns], ones));
}

/**
 * Prefix sums, in log2(n) additions of x and itself shifted by 1, 2, 4, ... (Hillis and Steele, 1986): an
 * infinity only affects the sums that include it, unlike in a product with a triangular matrix.
 */
function readCumSum(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const shape = fixedShape(node, x);
  const axis = normalAxis(node.numbers(1, 'axis')[0] ?? 0, shape.length);
  const size = shape[axis] ?? 1;
  const shifted = shiftAlong(f, { axis, shape, reverse: node.int('reverse', 0) !== 0 });
  let sum = node.int('exclusive', 0) === 0 ? x : shifted(x, 1);
  for (let by = 1; by < size; by *= 2) sum = f.add(sum, shifted(sum, by));
  return sum === x ? f.emit('identity', [x]) : sum;
}

interface Shift {
  readonly axis: number;
  readonly shape: readonly number[];
  /** Towards the start. */
  readonly reverse: boolean;
}

/** Moves elements along an axis; zeros come in. */
function shiftAlong(f: Formulas, { axis, shape, reverse }: Shift): (x: Value, by: number) => Value {
  const size = shape[axis] ?? 1;
  return (x, by) => {
    if (by >= size) return f.emit('expand', [f.number(x, 0)], { shape: [...shape] });
    const [starts, ends] = reverse ? [by, size] : [0, size - by];
    const rest = f.emit('slice', [x], { axes: [axis], starts: [starts], ends: [ends] });
    const pads = new Array<number>(2 * shape.length).fill(0);
    pads[reverse ? axis + shape.length : axis] = by;
    return f.emit('pad', [rest], { pads });
  };
}

/** Reverses the first elements of each item, as many as its length. */
function readReverseSequence(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const shape = fixedShape(node, x);
  const [time, batch] = [node.int('time_axis', 0), node.int('batch_axis', 1)];
  const [steps = 1, items = 1] = [shape[time], shape[batch]];
  const lengths = node.numbers(1, 'sequence_lens').map(Number);
  if (new Set([time, batch]).size < 2 || Math.max(time, batch) > 1 || lengths.length !== items)
    throw new CompileError(
      'onnx/input',
      `ReverseSequence expects the time and the batch in axes 0 and 1, and ${items} lengths, found axes ${time} and ${batch}, and ${lengths.length}`,
    );
  const wrong = lengths.find((length) => length < 0 || length > steps);
  if (wrong !== undefined)
    throw new CompileError('onnx/input', `ReverseSequence has ${steps} steps, found the length ${wrong}`);
  const part = (from: Value, axis: number, [start, end, step]: readonly [number, number, number]): Value =>
    f.emit('slice', [from], { axes: [axis], starts: [start], ends: [end], steps: [step] });
  const reversed = (from: Value, length: number): Value => {
    if (length < 2) return from;
    const first = part(from, time, [length - 1, Number.MIN_SAFE_INTEGER, -1]);
    return length === steps
      ? first
      : f.emit('concat', [first, part(from, time, [length, steps, 1])], { axis: time });
  };
  const [length = 0] = lengths;
  const all = lengths.every((one) => one === length)
    ? reversed(x, length)
    : f.emit(
        'concat',
        lengths.map((one, i) => reversed(part(x, batch, [i, i + 1, 1]), one)),
        { axis: batch },
      );
  return all === x ? f.emit('identity', [x]) : all;
}

/** values = [off, on]; an index from -depth to -1 counts from the end, one outside is nowhere on. */
function readOneHot(node: NodeReader): Value {
  const f = new Formulas(node);
  const shape = fixedShape(node, node.input(0));
  const [depth = 0] = node.numbers(1, 'depth').map(Math.trunc);
  const axis = normalAxis(node.int('axis', -1), shape.length + 1);
  const given = node.input(0);
  const type: DType = given.type.dtype === 'i32' ? 'i32' : 'i64';
  const indices = f.reshape(f.cast(given, type), [...shape.slice(0, axis), 1, ...shape.slice(axis)]);
  node.claim(2 * depth, `OneHot of depth ${depth}`);
  const at = (first: number): Value => {
    const places = Array.from({ length: depth }, (_, i) => first + i);
    const along = [depth, ...new Array<number>(shape.length - axis).fill(1)];
    return f.emit('equal', [
      indices,
      node.addConstant(fromNumbers(type, along, places), `${node.name}_places`),
    ]);
  };
  const [off, on] = [0, 1].map((i) =>
    f.reshape(f.emit('slice', [node.input(2)], { axes: [0], starts: [i], ends: [i + 1] }), []),
  ) as [Value, Value];
  return f.emit('where', [f.emit('logical_or', [at(0), at(-depth)]), on, off]);
}

/** Each index becomes the tuple of all its coordinates, for ScatterND. */
function readScatterElements(node: NodeReader): Value {
  const f = new Formulas(node);
  const [x, indices, updates] = [node.input(0), node.input(1), node.input(2)];
  const shape = fixedShape(node, indices);
  const rank = shape.length;
  if (x.type.shape.length !== rank)
    throw new CompileError(
      'onnx/input',
      `${node.op} expects indices of rank ${x.type.shape.length}, found ${rank}`,
    );
  const axis = normalAxis(node.int('axis', 0), rank);
  // ScatterND takes no other type
  const column = f.reshape(f.cast(indices, 'i64'), [...shape, 1]);
  const [before, after] = [
    coordinates(node, shape, { from: 0, to: axis }),
    coordinates(node, shape, { from: axis + 1, to: rank }),
  ];
  const columns = [before, column, after].filter((one) => one !== null);
  return f.emit(
    'scatter_nd',
    [x, columns.length > 1 ? f.emit('concat', columns, { axis: rank }) : column, updates],
    { reduction: node.expectText('reduction', 'none', ['none', 'add', 'mul', 'max', 'min']) },
  );
}

/** The coordinates of every element on the axes `from` to `to`, [shape.., to - from]; null for no axes. */
function coordinates(
  node: NodeReader,
  shape: readonly number[],
  { from, to }: { from: number; to: number },
): Value | null {
  const count = numElements(shape);
  const depth = to - from;
  if (depth === 0) return null;
  node.claim(count * depth, `${node.op} [${shape.join(',')}]`);
  const at = new Float64Array(count * depth);
  for (let a = from; a < to; a++) {
    const inner = numElements(shape.slice(a + 1));
    for (let i = 0; i < count; i++) at[i * depth + a - from] = Math.floor(i / inner) % (shape[a] ?? 1);
  }
  return node.addConstant(fromNumbers('i64', [...shape, depth], at), `${node.name}_coordinates`);
}

/** Of a constant: how many elements are not zero is known then. */
function readNonZero(node: NodeReader): Value {
  const x = node.known(0);
  if (!x) throw node.dependsOnData();
  return node.addConstant(positionsOf(x));
}

/** Indices of the elements that are not 0, [rank, count], in their order. */
function positionsOf(x: Tensor): Tensor {
  const numbers = toNumbers(x);
  const found = [...numbers.keys()].filter((at) => numbers[at] !== 0);
  const rows = x.shape.map((size, a) => {
    const inner = numElements(x.shape.slice(a + 1));
    return found.map((at) => Math.floor(at / inner) % size);
  });
  return fromNumbers('i64', [x.shape.length, found.length], rows.flat());
}
