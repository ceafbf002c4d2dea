import { broadcastShapes, CompileError, fromNumbers, isStatic, numElements, type Value } from '@ghostc/ir';
import { Formulas, fixedShape } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';
import { dtypeOf } from './tensor-proto.ts';

export const movementRows: readonly OpRow[] = [
  [
    'Cast',
    (node) =>
      node.emit('cast', [node.input(0)], {
        to: dtypeOf(node.int('to', 0)),
        ...(node.int('saturate', 1) === 0 ? { saturate: false } : {}),
      }),
  ],
  [
    'CastLike',
    (node) =>
      node.emit('cast', [node.input(0)], {
        to: node.input(1).type.dtype,
        ...(node.int('saturate', 1) === 0 ? { saturate: false } : {}),
      }),
  ],
  ['CenterCropPad', readCenterCropPad],
  ['DepthToSpace', readDepthToSpace],
  ['Dropout', readDropout],
  ['Expand', readExpand],
  ['Gather', (node) => node.emit('gather', [node.input(0), node.input(1)], { axis: node.int('axis', 0) })],
  [
    'GatherElements',
    (node) => node.emit('gather_elements', [node.input(0), node.input(1)], { axis: node.int('axis', 0) }),
  ],
  [
    'GatherND',
    (node) =>
      node.emit('gather_nd', [node.input(0), node.input(1)], { batch_dims: node.int('batch_dims', 0) }),
  ],
  ['Range', readRange],
  [
    'ScatterND',
    (node) =>
      node.emit('scatter_nd', [node.input(0), node.input(1), node.input(2)], {
        reduction: node.expectText('reduction', 'none', ['none', 'add', 'mul', 'max', 'min']),
      }),
  ],
  ['Size', readSize],
  ['SpaceToDepth', readSpaceToDepth],
  ['Split', readSplit],
  ['Tile', readTile],
  ['Transpose', readTranspose],
];

/** Without `perm` the axes are reversed. */
function readTranspose(node: NodeReader): Value {
  const x = node.input(0);
  const reversed = x.type.shape.map((_, axis) => x.type.shape.length - 1 - axis);
  return node.emit('transpose', [x], { perm: node.ints('perm') ?? reversed });
}

function readExpand(node: NodeReader): Value {
  const x = node.input(0);
  const shape = broadcastShapes(x.type.shape, node.numbers(1, 'shape'));
  if (!shape.every(isStatic)) throw node.needsSizes(shape);
  return node.emit('expand', [x], { shape });
}

/** [a, b] repeated [r, s] times: [1,a,1,b] expanded to [r,a,s,b], seen as [ra, sb]. */
function readTile(node: NodeReader): Value {
  if (node.opset < 6) throw new CompileError('onnx/unsupported', 'Tile before opset 6 is not supported');
  const f = new Formulas(node);
  const shape = fixedShape(node, node.input(0));
  const repeats = node.numbers(1, 'repeats');
  const target = shape.map((dim, i) => dim * (repeats[i] ?? 1));
  // to `reshape` a 0 is no size
  if (target.includes(0)) return node.addConstant(fromNumbers(node.input(0).type.dtype, target, []));
  const split = f.reshape(
    node.input(0),
    shape.flatMap((dim) => [1, dim]),
  );
  const wide = f.emit('expand', [split], { shape: shape.flatMap((dim, i) => [repeats[i] ?? 1, dim]) });
  return f.reshape(wide, target);
}

function readSplit(node: NodeReader): readonly Value[] {
  const x = node.input(0);
  const rank = x.type.shape.length;
  const given = node.int('axis', 0);
  const axis = given < 0 ? given + rank : given;
  const size = x.type.shape[axis] ?? 0;
  if (!isStatic(size)) throw node.needsSizes([size]);
  const parts = splitSizes(node, size);
  let end = 0;
  return parts.map((part) => {
    end += part;
    return node.emit('slice', [x], { starts: [end - part], ends: [end], axes: [axis] });
  });
}

/** Given sizes; or equal ones, the last smaller if it does not divide evenly. */
function splitSizes(node: NodeReader, size: number): number[] {
  const given = node.has(1) ? node.numbers(1, 'split') : node.ints('split');
  if (given) return given;
  const count = node.int('num_outputs', node.proto.output?.length ?? 1);
  const part = Math.ceil(size / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, size - i * part)));
}

function readDepthToSpace(node: NodeReader): Value {
  const f = new Formulas(node);
  const [n = 1, c = 1, h = 1, w = 1] = fixedShape(node, node.input(0));
  const b = node.int('blocksize', 1);
  const rest = c / (b * b);
  const crd = node.expectText('mode', 'DCR', ['DCR', 'CRD']) === 'CRD';
  const split = f.reshape(node.input(0), crd ? [n, rest, b, b, h, w] : [n, b, b, rest, h, w]);
  const moved = f.emit('transpose', [split], { perm: crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2] });
  return f.reshape(moved, [n, rest, h * b, w * b]);
}

function readSpaceToDepth(node: NodeReader): Value {
  const f = new Formulas(node);
  const [n = 1, c = 1, h = 1, w = 1] = fixedShape(node, node.input(0));
  const b = node.int('blocksize', 1);
  const split = f.reshape(node.input(0), [n, c, h / b, b, w / b, b]);
  const moved = f.emit('transpose', [split], { perm: [0, 3, 5, 1, 2, 4] });
  return f.reshape(moved, [n, c * b * b, h / b, w / b]);
}

/** At inference x itself and a mask of ones; in training only a ratio of 0 has one meaning. */
function readDropout(node: NodeReader): Value | readonly Value[] {
  const training = node.has(2) ? Boolean(node.numbers(2, 'training_mode')[0]) : false;
  const ratio = node.has(1) ? (node.numbers(1, 'ratio')[0] ?? 0.5) : node.float('ratio', 0.5);
  if (training && ratio !== 0)
    throw new CompileError('onnx/unsupported', `Dropout in training with ratio ${ratio} is random`);
  const y = node.emit('dropout', [node.input(0)]);
  if (!node.proto.output?.[1]) return y;
  const shape = fixedShape(node, node.input(0));
  node.claim(numElements(shape), 'the mask of Dropout');
  // as ONNX Runtime: the mask of inference was all zeros before opset 12, and of x's type before opset 10
  const mask = new Uint8Array(numElements(shape)).fill(node.opset < 12 ? 0 : 1);
  return [
    y,
    node.addConstant(
      fromNumbers(node.opset < 10 ? node.input(0).type.dtype : 'bool', shape, mask),
      node.proto.output[1],
    ),
  ];
}

function readRange(node: NodeReader): Value {
  const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((i) => node.numbers(i, 'a bound')[0]);
  const { dtype } = node.input(0).type;
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  node.claim(length, 'Range');
  const values = Array.from({ length }, (_, i) => start + i * delta);
  return node.addConstant(fromNumbers(dtype, [length], values));
}

function readSize(node: NodeReader): Value {
  const count = numElements(fixedShape(node, node.input(0)));
  return node.addConstant(fromNumbers('i64', [], [count]));
}

/** Crops or pads the middle of some axes to given sizes. */
function readCenterCropPad(node: NodeReader): Value {
  const f = new Formulas(node);
  const shape = fixedShape(node, node.input(0));
  const wanted = node.numbers(1, 'shape');
  const axes = (node.ints('axes') ?? shape.map((_, i) => i)).map((a) => (a < 0 ? a + shape.length : a));
  return axes.reduce((x, axis, i) => {
    const size = shape[axis] ?? 1;
    const spare = (wanted[i] ?? size) - size;
    if (spare === 0) return x;
    const before = Math.floor(Math.abs(spare) / 2);
    if (spare < 0)
      return f.emit('slice', [x], { starts: [before], ends: [before + size + spare], axes: [axis] });
    const pads = new Array<number>(2 * shape.length).fill(0);
    [pads[axis], pads[axis + shape.length]] = [before, spare - before];
    return f.emit('pad', [x], { pads });
  }, node.input(0));
}
