import { CompileError, toNumbers, type Value } from '@ghostc/ir';
import { affineOf, roundHalfAway, sameAffine } from '@ghostc/ops';
import { ActivationFunctionType } from '../generated/activation-function-type.ts';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { ConcatenationOptions } from '../generated/concatenation-options.ts';
import { DepthToSpaceOptions } from '../generated/depth-to-space-options.ts';
import { MirrorPadMode } from '../generated/mirror-pad-mode.ts';
import { MirrorPadOptions } from '../generated/mirror-pad-options.ts';
import { SpaceToDepthOptions } from '../generated/space-to-depth-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { imageShape } from './convolution.ts';
import { activated } from './fused-activation.ts';
import { isQuantized, outputQuant, refuseQuantized } from './quantized-output.ts';

/** RESHAPE, SQUEEZE, EXPAND_DIMS: the same elements in the declared shape. */
export function readReshape(node: OperatorReader): void {
  const x = node.input(0, 'plain');
  node.setOutput(node.emit('reshape', [x], { shape: node.outputShape(x) }), 'plain');
}

export function readConcatenation(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.ConcatenationOptions, new ConcatenationOptions());
  const order = node.preferredOrder();
  const axis = node.axis(options.axis(), order, node.outputTensor().shape.length);
  const parts = node.operator.inputs
    .map((_, i) => rescaled(node, node.input(i, order)))
    .filter(({ type }) => !type.shape.includes(0));
  const joined = node.emit('concat', parts, { axis });
  const activation = options.fusedActivationFunction();
  if (activation !== ActivationFunctionType.NONE) refuseQuantized(node);
  node.setOutput(activated(node, joined, activation), order);
}

/** Parts of uint8 may have different scales: TFLite's kernel rounds them to the output's, in float32. */
function rescaled(node: OperatorReader, x: Value): Value {
  if (!isQuantized(node) || x.type.dtype !== 'u8') return x;
  const [from, to] = [affineOf(x.type, 'x'), outputQuant(node)];
  if (sameAffine(from, { scale: Math.fround(to.y_scale), zeroPoint: to.y_zero_point })) return x;
  const scale = Math.fround(from.scale * Math.fround(1 / Math.fround(to.y_scale)));
  const bias = Math.fround(-from.zeroPoint * scale);
  const data = Uint8Array.from({ length: 256 }, (_, q) => {
    const level = to.y_zero_point + roundHalfAway(Math.fround(Math.fround(q * scale) + bias));
    return Math.min(255, Math.max(0, level));
  });
  const table = node.table.graph.addConstant(`${x.name}_rescaled`, { dtype: 'u8', shape: [256], data });
  return node.emit('qlinear_lookup', [x, table], { ...to });
}

/** TRANSPOSE: from an NCHW value in one step. */
export function readTranspose(node: OperatorReader): void {
  const rank = node.inputTensor(0).shape.length;
  const perm = node.integers(1, 'perm').map((axis) => node.axis(axis, 'plain', rank));
  const order = node.table.nativeOrder(node.inputIndex(0)) === 'nchw' ? 'nchw' : 'plain';
  const x = node.input(0, order);
  const composed = perm.map((axis) => node.axis(axis, order, rank));
  if (new Set(composed).size !== rank || composed.length !== rank)
    throw new CompileError('tflite/options', `[${perm.join(',')}] is no permutation of ${rank} axes`);
  node.setOutput(composed.every((axis, i) => axis === i) ? x : node.table.permuted(x, composed), 'plain');
}

/** PAD and PADV2: constant padding, 0 (a quantised tensor's zero point) unless given. */
export function readPad(node: OperatorReader): void {
  pad(node, { mode: 'constant', value: node.has(2) ? padValue(node) : 0 });
}

export function readMirrorPad(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.MirrorPadOptions, new MirrorPadOptions());
  if (options.mode() !== MirrorPadMode.REFLECT)
    throw new CompileError('tflite/unsupported', 'MIRROR_PAD with SYMMETRIC mode is not supported');
  pad(node, { mode: 'reflect' });
}

function padValue(node: OperatorReader): number {
  const real = node.table.realConstant(node.inputIndex(2));
  if (real) return Number(toNumbers(real)[0] ?? 0);
  throw new CompileError('tflite/dynamic', 'the value of PADV2 is computed at run time; expected a constant');
}

function pad(node: OperatorReader, attrs: Readonly<Record<string, string | number>>): void {
  const order = node.preferredOrder();
  const rank = node.inputTensor(0).shape.length;
  const flat = node.integers(1, 'paddings');
  if (flat.length !== 2 * rank || flat.some((amount) => amount < 0))
    throw new CompileError(
      'tflite/options',
      `expected ${2 * rank} paddings of 0 or more, found [${flat.join(',')}]`,
    );
  const side = (offset: number): number[] =>
    node.perAxis(
      Array.from({ length: rank }, (_, axis) => flat[2 * axis + offset] ?? 0),
      order,
    );
  node.setOutput(
    node.emit('pad', [node.input(0, order)], { ...attrs, pads: [...side(0), ...side(1)] }),
    order,
  );
}

/** [N,H,W,(i,j,C)] to [N,(H,i),(W,j),C]: blocks of the channels become pixels. */
export function readDepthToSpace(node: OperatorReader): void {
  const block = node.options(BuiltinOptions.DepthToSpaceOptions, new DepthToSpaceOptions()).blockSize();
  const [n, h, w, c] = imageShape(node, 0);
  const depth = c / (block * block);
  if (!(block >= 1) || !Number.isInteger(depth))
    throw new CompileError('tflite/shape', `${c} channels do not divide into blocks of ${block} x ${block}`);
  const split = node.emit('reshape', [node.input(0, 'nchw')], { shape: [n, block, block, depth, h, w] });
  const moved = node.emit('transpose', [split], { perm: [0, 3, 4, 1, 5, 2] });
  node.setOutput(node.emit('reshape', [moved], { shape: [n, depth, h * block, w * block] }), 'nchw');
}

/** [N,(H,i),(W,j),C] to [N,H,W,(i,j,C)]. */
export function readSpaceToDepth(node: OperatorReader): void {
  const block = node.options(BuiltinOptions.SpaceToDepthOptions, new SpaceToDepthOptions()).blockSize();
  const [n, h, w, c] = imageShape(node, 0);
  if (!(block >= 1) || h % block !== 0 || w % block !== 0)
    throw new CompileError(
      'tflite/shape',
      `${h} x ${w} pixels do not divide into blocks of ${block} x ${block}`,
    );
  const [rows, columns] = [h / block, w / block];
  const split = node.emit('reshape', [node.input(0, 'nchw')], { shape: [n, c, rows, block, columns, block] });
  const moved = node.emit('transpose', [split], { perm: [0, 3, 5, 1, 2, 4] });
  node.setOutput(node.emit('reshape', [moved], { shape: [n, block * block * c, rows, columns] }), 'nchw');
}

/** [N,(H,i),(W,j),C], padded, to [(i,j,N),H,W,C]: TensorFlow 1 writes dilated convolutions so. */
export function readSpaceToBatch(node: OperatorReader): void {
  const { blocks, ends, rank } = batchBlocks(node, 'paddings');
  const side = (k: 0 | 1): number[] => [0, ...ends.map((end) => end[k]), ...rest(rank, blocks, 0)];
  const padded = node.emit('pad', [node.input(0, 'plain')], { value: 0, pads: [...side(0), ...side(1)] });
  const [n = 1, ...dims] = padded.type.shape.map(Number);
  const split = [
    n,
    ...blocks.flatMap((block, i) => [(dims[i] ?? 1) / block, block]),
    ...dims.slice(blocks.length),
  ];
  if (!split.every(Number.isInteger))
    throw new CompileError(
      'tflite/shape',
      `[${dims.join(',')}] does not divide into blocks of [${blocks.join(',')}]`,
    );
  const at = blocks.map((_, i) => 2 * i + 1);
  const perm = [...at.map((axis) => axis + 1), 0, ...at, ...rest(rank, blocks, 1 + blocks.length * 2, 1)];
  const moved = node.emit('transpose', [node.emit('reshape', [padded], { shape: split })], { perm });
  const shape = [
    n * blocks.reduce((p, block) => p * block, 1),
    ...dims.map((dim, i) => dim / (blocks[i] ?? 1)),
  ];
  node.setOutput(node.emit('reshape', [moved], { shape }), 'plain');
}

/** The way back, and the crops. */
export function readBatchToSpace(node: OperatorReader): void {
  const { blocks, ends, rank } = batchBlocks(node, 'crops');
  const x = node.input(0, 'plain');
  const [batch = 1, ...dims] = x.type.shape.map(Number);
  const n = batch / blocks.reduce((product, block) => product * block, 1);
  if (!Number.isInteger(n))
    throw new CompileError(
      'tflite/shape',
      `a batch of ${batch} does not divide into blocks of [${blocks.join(',')}]`,
    );
  const split = node.emit('reshape', [x], { shape: [...blocks, n, ...dims] });
  const count = blocks.length;
  const perm = [
    count,
    ...blocks.flatMap((_, i) => [count + 1 + i, i]),
    ...rest(rank, blocks, 1 + 2 * count, 1),
  ];
  const large = dims.map((dim, i) => dim * (blocks[i] ?? 1));
  const joined = node.emit('reshape', [node.emit('transpose', [split], { perm })], { shape: [n, ...large] });
  const starts = ends.map(([start]) => start);
  const stops = ends.map(([, end], i) => (large[i] ?? 0) - end);
  const axes = blocks.map((_, i) => i + 1);
  node.setOutput(node.emit('slice', [joined], { axes, starts, ends: stops }), 'plain');
}

/** Numbers for the axes after the blocks: from `first` on in steps. */
function rest(rank: number, blocks: readonly number[], first: number, step = 0): number[] {
  return Array.from({ length: rank - 1 - blocks.length }, (_, i) => first + i * step);
}

/** Sizes of blocks, and what is added or cut off before and after, by spatial axis. */
function batchBlocks(node: OperatorReader, what: 'paddings' | 'crops') {
  const rank = node.inputTensor(0).shape.length;
  const blocks = node.integers(1, 'block shape');
  const flat = node.integers(2, what);
  const known = flat.length === 2 * blocks.length && blocks.length < rank;
  if (!known || [...flat, ...blocks.map((block) => block - 1)].some((amount) => amount < 0))
    throw new CompileError(
      'tflite/options',
      `expected blocks of 1 or more and two ${what} of 0 or more for each, found [${blocks.join(',')}] and [${flat.join(',')}]`,
    );
  const ends = blocks.map((_, i) => [flat[2 * i] ?? 0, flat[2 * i + 1] ?? 0] as const);
  return { blocks, ends, rank };
}
