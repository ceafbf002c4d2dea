import { CompileError, toNumbers } from '@ghostc/ir';
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
import { refuseQuantized } from './quantized-output.ts';

/** RESHAPE, SQUEEZE, EXPAND_DIMS: the same elements in the declared shape. */
export function readReshape(node: OperatorReader): void {
  const { shape } = node.outputTensor();
  node.setOutput(node.emit('reshape', [node.input(0, 'plain')], { shape }), 'plain');
}

export function readConcatenation(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.ConcatenationOptions, new ConcatenationOptions());
  const order = node.preferredOrder();
  const axis = node.axis(options.axis(), order, node.outputTensor().shape.length);
  const parts = node.operator.inputs.map((_, i) => node.input(i, order));
  const joined = node.emit('concat', parts, { axis });
  const activation = options.fusedActivationFunction();
  if (activation !== ActivationFunctionType.NONE) refuseQuantized(node);
  node.setOutput(activated(node, joined, activation), order);
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
