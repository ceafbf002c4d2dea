import { fromNumbers, itemAt, type Node, toNumbers } from '@ghostc/ir';
import {
  attrsOf,
  concat as concatOp,
  gather as gatherOp,
  normalAxis,
  padElement,
  pad as padOp,
  qlinearResize,
  resize as resizeOp,
  resizeTables,
  slice as sliceOp,
  sliceRanges,
  transpose as transposeOp,
} from '@ghostc/ops';
import { operatorOptions } from '@ghostc/tflite';
import { type Placed, type PlacedType, placedType, refuse, type TfliteGraph } from './tflite-graph.ts';
import type { Row } from './windows.ts';

/** RESHAPE to the shape of the node's output. */
export const reshape: Row = (writer, node) =>
  writer.reshaped(writer.value(node.inputs[0]), placedType(node.output.type).shape, node.output.name);

/** TRANSPOSE. */
export const transpose: Row = (writer, node) => {
  const { perm } = attrsOf(transposeOp, node);
  if (perm.length > 6) refuse(`a transpose of ${perm.length} axes`);
  const inputs = [writer.value(node.inputs[0]), writer.ints(perm)];
  return writer.operator('TRANSPOSE', inputs, placedType(node.output.type), { name: node.output.name });
};

export const concat: Row = (writer, node) => {
  const type = placedType(node.output.type);
  const axis = normalAxis(attrsOf(concatOp, node).axis, type.shape.length);
  const inputs = node.inputs.map((input) => writer.value(input));
  return writer.operator('CONCATENATION', inputs, type, {
    options: operatorOptions.concatenation(axis),
    name: node.output.name,
  });
};

/**
 * SLICE if every step is 1, otherwise STRIDED_SLICE. A descending range past the first element has an open
 * end.
 */
export const slice: Row = (writer, node) => {
  const x = writer.value(node.inputs[0]);
  const ranges = sliceRanges(x.shape, attrsOf(sliceOp, node));
  const parts = x.shape.map((size, axis) => ranges[axis] ?? { start: 0, step: 1, count: size });
  const type = placedType(node.output.type);
  const starts = writer.ints(parts.map(({ start }) => start));
  if (parts.every(({ step }) => step === 1)) {
    const sizes = writer.ints(parts.map(({ count }) => count));
    return writer.operator('SLICE', [x, starts, sizes], type, { name: node.output.name });
  }
  const ends = parts.map(({ start, step, count }) => start + (count - 1) * step + Math.sign(step));
  const open = ends.reduce((mask, end, axis) => (end < 0 ? mask | (1 << axis) : mask), 0);
  const inputs = [x, starts, writer.ints(ends), writer.ints(parts.map(({ step }) => step))];
  const options = operatorOptions.stridedSlice(0, open, 0);
  return writer.operator('STRIDED_SLICE', inputs, type, { options, name: node.output.name });
};

/** PAD with zeros (the zero point of integers), PADV2 with another number, MIRROR_PAD; other modes as GATHER along each axis. */
export const pad: Row = (writer, node) => {
  const { pads, value, mode } = attrsOf(padOp, node);
  const x = writer.value(node.inputs[0]);
  const rank = x.shape.length;
  const type = placedType(node.output.type);
  const { name } = node.output;
  if (mode === 'edge' || mode === 'wrap')
    return gatheredAxes(
      writer,
      x,
      type.shape.map((size, axis) =>
        sources({ size, from: x.shape[axis] ?? 1, before: pads[axis] ?? 0, mode }),
      ),
    );
  const merged = mergedAxes(x.shape, pads);
  if (merged.shape.length > MAX_PAD_RANK) refuse(`a pad of ${merged.shape.length} axes`);
  const same = merged.shape.length === rank;
  const source = same ? x : writer.reshaped(x, merged.shape);
  const grown = merged.shape.map(
    (size, axis) => size + (merged.pairs[2 * axis] ?? 0) + (merged.pairs[2 * axis + 1] ?? 0),
  );
  const counts = writer.ints(merged.pairs, [merged.shape.length, 2]);
  const y = paddedBy(writer, source, { counts, type: { ...type, shape: grown }, mode, value, name });
  return same ? y : writer.reshaped(y, type.shape, name);
};

/** What TFLite's kernels of PAD take. */
const MAX_PAD_RANK = 5;

interface Padding {
  readonly counts: Placed;
  readonly type: PlacedType;
  readonly mode: 'constant' | 'reflect';
  readonly value: number;
  readonly name: string;
}

function paddedBy(writer: TfliteGraph, x: Placed, { counts, type, mode, value, name }: Padding): Placed {
  if (mode === 'reflect')
    return writer.operator('MIRROR_PAD', [x, counts], type, { options: operatorOptions.reflect(), name });
  const element = padElement(x, value);
  if (element === (x.quant?.zeroPoint[0] ?? 0)) return writer.operator('PAD', [x, counts], type, { name });
  const fill = writer.constant({ ...fromNumbers(x.dtype, [], [element]), quant: x.quant }, 'fill');
  return writer.operator('PADV2', [x, counts, fill], type, { name });
}

/** Where there are more axes than PAD takes: neighbours without pads as one axis. Pads become pairs of before and after. */
function mergedAxes(shape: readonly number[], pads: readonly number[]): { shape: number[]; pairs: number[] } {
  const pair = (axis: number): [number, number] => [pads[axis] ?? 0, pads[axis + shape.length] ?? 0];
  const merges = shape.length > MAX_PAD_RANK;
  const merged: { size: number; pads: [number, number] }[] = [];
  for (const [axis, size] of shape.entries()) {
    const last = merged.at(-1);
    const plain = pair(axis).every((count) => count === 0);
    if (merges && plain && last?.pads.every((count) => count === 0)) last.size *= size;
    else merged.push({ size, pads: pair(axis) });
  }
  return { shape: merged.map(({ size }) => size), pairs: merged.flatMap((one) => one.pads) };
}

interface PaddedAxis {
  readonly size: number;
  readonly from: number;
  readonly before: number;
  readonly mode: 'edge' | 'wrap';
}

/** Where each element of a padded axis comes from. */
function sources({ size, from, before, mode }: PaddedAxis): number[] {
  return Array.from({ length: size }, (_, i) => {
    const at = i - before;
    return mode === 'edge' ? Math.min(Math.max(at, 0), from - 1) : ((at % from) + from) % from;
  });
}

/** Gathers elements along each axis; an unchanged axis needs no operator. */
function gatheredAxes(writer: TfliteGraph, x: Placed, places: readonly (readonly number[])[]): Placed {
  let y = x;
  for (const [axis, list] of places.entries()) {
    if (list.length === y.shape[axis] && list.every((at, i) => at === i)) continue;
    const shape = y.shape.map((size, i) => (i === axis ? list.length : size));
    const options = operatorOptions.gather(axis);
    y = writer.operator('GATHER', [y, writer.ints(list)], { ...y, shape }, { options });
  }
  return y;
}

/** BROADCAST_TO. */
export const expand: Row = (writer, node) => {
  const type = placedType(node.output.type);
  const inputs = [writer.value(node.inputs[0]), writer.ints(type.shape)];
  return writer.operator('BROADCAST_TO', inputs, type, { name: node.output.name });
};

/** GATHER; constant indices that count from the end count from the front there. */
export const gather: Row = (writer, node) => {
  const x = writer.value(node.inputs[0]);
  const [, indices] = node.inputs;
  const axis = normalAxis(attrsOf(gatherOp, node).axis, x.shape.length);
  const size = itemAt(x.shape, axis);
  if (!indices?.constant) return refuse('a gather with indices of run time, which may count from the end,');
  const list = Array.from(toNumbers(indices.constant), (index) =>
    Number(index) < 0 ? Number(index) + size : Number(index),
  );
  const inputs = [x, writer.ints(list, placedType(indices.type).shape)];
  return writer.operator('GATHER', inputs, placedType(node.output.type), {
    options: operatorOptions.gather(axis),
    name: node.output.name,
  });
};

const coordinates = [
  ['asymmetric', 'asymmetric', 'floor'],
  ['half-pixel', 'half_pixel', 'round_prefer_ceil'],
  ['align', 'align_corners', 'round_prefer_ceil'],
] as const;

/**
 * RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR of an NHWC image: the one whose places and weights are the node's. Nearest
 * neighbours by another rule are a GATHER along each axis.
 */
export const resize: Row = (writer, node) => {
  const attrs = attrsOf(resizeOp, node);
  const x = writer.value(node.inputs[0]);
  const [from, to] = [x.shape, placedType(node.output.type).shape].map(toNchwShape) as [number[], number[]];
  const tables = resizeTables(from, to, attrs);
  const text = JSON.stringify(tables);
  const same = coordinates.find(([, coordinate_transformation_mode, nearest_mode]) => {
    const modes = { ...attrs, scales: [], coordinate_transformation_mode, nearest_mode };
    return JSON.stringify(resizeTables(from, to, modes)) === text;
  });
  const kind = attrs.mode === 'linear' ? 'bilinear' : 'nearest';
  if (same && from[0] === to[0] && from[1] === to[1])
    return resized(writer, node, { x, options: operatorOptions[kind](same[0]), kind });
  if (kind === 'bilinear')
    return refuse(`a linear resize of ${attrs.coordinate_transformation_mode} by these scales`);
  const [n = [], c = [], h = [], w = []] = tables.map((axis) => axis.map((taps) => taps[0]?.index ?? 0));
  return gatheredAxes(writer, x, [n, h, w, c]);
};

function toNchwShape([n = 1, h = 1, w = 1, c = 1]: readonly number[]): number[] {
  return [n, c, h, w];
}

interface Resized {
  readonly x: Placed;
  readonly kind: 'bilinear' | 'nearest';
  readonly options: ReturnType<typeof operatorOptions.bilinear>;
}

function resized(writer: TfliteGraph, node: Node, { x, kind, options }: Resized): Placed {
  const type = placedType(node.output.type);
  const code = kind === 'bilinear' ? 'RESIZE_BILINEAR' : 'RESIZE_NEAREST_NEIGHBOR';
  return writer.operator(code, [x, writer.ints(type.shape.slice(1, 3))], type, {
    options,
    name: node.output.name,
  });
}

/** RESIZE_BILINEAR of integers. */
export const integerResize: Row = (writer, node) => {
  const { align_corners: align, half_pixel_centers: half } = attrsOf(qlinearResize, node);
  const options = operatorOptions.bilinear(align ? 'align' : half ? 'half-pixel' : 'asymmetric');
  return resized(writer, node, { x: writer.value(node.inputs[0]), kind: 'bilinear', options });
};
