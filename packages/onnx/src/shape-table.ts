import { checkDimLength, type Dim } from '@ghostc/ir';
import { sliceRanges } from '@ghostc/ops';
import type { NodeReader } from './node-reader.ts';
import { castTo, combine, mapStatic, type ShapeValue } from './shape-value.ts';
import { dtypeOf } from './tensor-proto.ts';

/** Computes a node on shape values; undefined when its inputs are not shape values, and the node is read as an op. */
export type ReadShape = (node: NodeReader) => ShapeValue | undefined;

const binary: ReadShape = (node) => {
  const [a, b] = [node.shape(0), node.shape(1)];
  const unknown = (): Dim => node.freshDim(node.outputNames[0] ?? node.op);
  const value = a && b && combine(node.op, [a, b], unknown);
  value?.elements.forEach(checkDimLength);
  return value;
};

const rounding =
  (formula: (x: number) => number): ReadShape =>
  (node) => {
    const x = node.shape(0);
    return x && mapStatic(x, formula);
  };

/** Ops that exporters compute shapes with. */
export const shapeTable: ReadonlyMap<string, ReadShape> = new Map<string, ReadShape>([
  ['Add', binary],
  ['Cast', (node) => cast(node)],
  ['Ceil', rounding(Math.ceil)],
  ['Concat', (node) => concat(node)],
  ['Div', binary],
  ['Floor', rounding(Math.floor)],
  ['Gather', (node) => gather(node)],
  ['Identity', (node) => node.shape(0)],
  ['Mul', binary],
  ['Range', (node) => range(node)],
  ['Shape', (node) => shapeOf(node)],
  ['Slice', (node) => slice(node)],
  ['Squeeze', (node) => rerank(node, (x) => ({ ...x, scalar: x.elements.length === 1 && !x.scalar }))],
  ['Sub', binary],
  ['Unsqueeze', unsqueeze],
]);

function shapeOf(node: NodeReader): ShapeValue {
  const { shape } = node.input(0).type;
  const end = node.bigInt('end');
  const elements = shape.slice(
    Number(node.bigInt('start') ?? 0),
    end === undefined ? undefined : Number(end),
  );
  return { elements, scalar: false, dtype: 'i64' };
}

function cast(node: NodeReader): ShapeValue | undefined {
  const x = node.shape(0);
  return x && castTo(x, dtypeOf(node.int('to', 0)));
}

function gather(node: NodeReader): ShapeValue | undefined {
  const [x, indices] = [node.shape(0), node.shape(1)];
  if (!x || x.scalar || !indices) return undefined;
  const pick = (index: Dim): Dim | undefined =>
    x.elements[Number(index) < 0 ? Number(index) + x.elements.length : Number(index)];
  const elements = indices.elements.map(pick);
  if (!elements.every((element) => element !== undefined)) return undefined;
  return { elements, scalar: indices.scalar, dtype: x.dtype };
}

function concat(node: NodeReader): ShapeValue | undefined {
  const parts = Array.from({ length: node.inputCount }, (_, i) => node.shape(i));
  if (!parts.every((part) => part !== undefined && !part.scalar)) return undefined;
  const shapes = parts as ShapeValue[];
  if (shapes.reduce((sum, part) => sum + part.elements.length, 0) > MAX_LENGTH) return undefined;
  return {
    elements: shapes.flatMap((part) => part.elements),
    scalar: false,
    dtype: shapes[0]?.dtype ?? 'i64',
  };
}

function slice(node: NodeReader): ShapeValue | undefined {
  const x = node.shape(0);
  if (!x || x.scalar) return undefined;
  const [starts = [0], ends = [0], steps = [1]] = [
    node.bounds(1, 'starts'),
    node.bounds(2, 'ends'),
    node.bounds(4, 'steps'),
  ];
  const [range] = sliceRanges([x.elements.length], { starts, ends, steps, axes: [0] });
  const { start, step, count } = range ?? { start: 0, step: 1, count: x.elements.length };
  return { ...x, elements: Array.from({ length: count }, (_, i) => x.elements[start + i * step] ?? 0) };
}

/** A scalar as a vector; more axes make no shape. */
function unsqueeze(node: NodeReader): ShapeValue | undefined {
  const axes = node.has(1) ? node.numbers(1, 'axes') : (node.ints('axes') ?? []);
  return rerank(node, (x) => (x.scalar && axes.length === 1 ? { ...x, scalar: false } : undefined));
}

function rerank(node: NodeReader, change: (x: ShapeValue) => ShapeValue | undefined): ShapeValue | undefined {
  const x = node.shape(0);
  return x && change(x);
}

/** Longer vectors are data. */
const MAX_LENGTH = 1024;

/** Longer ranges are data. */
const MAX_RANGE = 64;

function range(node: NodeReader): ShapeValue | undefined {
  const [start, limit, delta] = [0, 1, 2].map((i) => node.shape(i)?.elements[0]);
  if (typeof start !== 'number' || typeof limit !== 'number' || typeof delta !== 'number' || delta === 0)
    return undefined;
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  if (length > MAX_RANGE) return undefined;
  return {
    elements: Array.from({ length }, (_, i) => start + i * delta),
    scalar: false,
    dtype: node.shape(0)?.dtype ?? 'i64',
  };
}
