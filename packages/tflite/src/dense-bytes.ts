import { CompileError } from '@ghostc/ir';
import type { DimensionMetadata } from './generated/dimension-metadata.ts';
import { DimensionType } from './generated/dimension-type.ts';
import { Int32Vector } from './generated/int32-vector.ts';
import { SparseIndexVector } from './generated/sparse-index-vector.ts';
import type { SparsityParameters } from './generated/sparsity-parameters.ts';
import { Uint8Vector } from './generated/uint8-vector.ts';
import { Uint16Vector } from './generated/uint16-vector.ts';

interface SparseTensor {
  readonly shape: readonly number[];
  /** `FLOAT32`, ... */
  readonly type: string;
  /** Elements that are not zero, in the order of traversal. */
  readonly data: Uint8Array | undefined;
}

const elementBytes: Readonly<Record<string, number>> = { FLOAT32: 4, FLOAT16: 2, INT8: 1, UINT8: 1 };

/** A tensor with fewer elements than this part of it stored would only make a small file large. */
const LEAST_PART = 1 / 64;

/** One level of the traversal: an axis of the tensor in blocks, or an axis inside a block. */
interface Level {
  /** Axis of the tensor, and the distance of one step along it. */
  readonly axis: number;
  readonly step: number;
  /** For a dense level; if absent, `segments` and `indices` list the positions. */
  readonly size?: number;
  readonly segments: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
}

/** The bytes of all elements of a sparse constant, zeros included. */
export function denseBytes(sparsity: SparsityParameters, { shape, type, data }: SparseTensor): Uint8Array {
  const bytes = elementBytes[type];
  if (!data || !bytes)
    throw new CompileError(
      'tflite/unsupported',
      `a sparse tensor of ${type} that is no constant is not supported`,
    );
  const count = shape.reduce((product, dim) => product * dim, bytes);
  if (count * LEAST_PART > data.length + 65_536)
    throw new CompileError(
      'tflite/too-large',
      `${data.length} bytes are to become ${count} of a dense tensor`,
    );
  const dense = new Uint8Array(count);
  const levels = levelsOf(sparsity, shape);
  const position = new Array<number>(shape.length).fill(0);
  let from = 0;
  const walk = (depth: number, parent: number): void => {
    const level = levels[depth];
    if (!level) {
      const at = position.reduce((index, p, axis) => index * (shape[axis] ?? 1) + p, 0) * bytes;
      dense.set(data.subarray(from, from + bytes), at);
      from += bytes;
      return;
    }
    for (const [index, child] of children(level, parent)) {
      position[level.axis] = (position[level.axis] ?? 0) + index * level.step;
      if ((position[level.axis] ?? 0) >= (shape[level.axis] ?? 0) || from > data.length) throw damaged();
      walk(depth + 1, child);
      position[level.axis] = (position[level.axis] ?? 0) - index * level.step;
    }
  };
  walk(0, 0);
  if (from !== data.length) throw damaged();
  return dense;
}

/** Positions of a level under one of the level before, each with its number among all of this level. */
function* children({ size, segments, indices }: Level, parent: number): Generator<[number, number]> {
  if (size !== undefined) {
    for (let i = 0; i < size; i++) yield [i, parent * size + i];
    return;
  }
  const [first = 0, last = 0] = [segments[parent], segments[parent + 1]];
  if (last > indices.length) throw damaged();
  for (let i = first; i < last; i++) yield [indices[i] ?? 0, i];
}

function levelsOf(sparsity: SparsityParameters, shape: readonly number[]): Level[] {
  const rank = shape.length;
  const count = sparsity.traversalOrderLength();
  if (count !== sparsity.dimMetadataLength() || count !== rank + sparsity.blockMapLength()) throw damaged();
  const blocks = new Array<number>(rank).fill(1);
  const order = Array.from({ length: count }, (_, i) => Number(sparsity.traversalOrder(i)));
  const blockAxes = Array.from({ length: count - rank }, (_, i) => Number(sparsity.blockMap(i)));
  const metadata = order.map((_, i) => sparsity.dimMetadata(i) ?? fail());
  order.forEach((dim, i) => {
    const axis = blockAxes[dim - rank];
    if (axis !== undefined) blocks[axis] = metadata[i]?.denseSize() ?? 1;
  });
  return order.map((dim, i) => {
    const axis = dim < rank ? dim : (blockAxes[dim - rank] ?? -1);
    if (!(axis >= 0 && axis < rank)) throw damaged();
    return { axis, step: dim < rank ? (blocks[axis] ?? 1) : 1, ...positionsOf(metadata[i] ?? fail()) };
  });
}

function positionsOf(dim: DimensionMetadata): Pick<Level, 'size' | 'segments' | 'indices'> {
  if (dim.format() === DimensionType.DENSE) return { size: dim.denseSize(), segments: [], indices: [] };
  return {
    segments: numbers(dim.arraySegmentsType(), (table) => dim.arraySegments(table)),
    indices: numbers(dim.arrayIndicesType(), (table) => dim.arrayIndices(table)),
  };
}

type Vector = Int32Vector | Uint16Vector | Uint8Vector;

function numbers(type: SparseIndexVector, read: (table: Vector) => Vector | null): ArrayLike<number> {
  const table =
    type === SparseIndexVector.Int32Vector
      ? new Int32Vector()
      : type === SparseIndexVector.Uint16Vector
        ? new Uint16Vector()
        : new Uint8Vector();
  return (read(table) as Vector | null)?.valuesArray() ?? fail();
}

function damaged(): CompileError {
  return new CompileError('tflite/decode', 'the positions of a sparse tensor do not fit its shape and data');
}

function fail(): never {
  throw damaged();
}
