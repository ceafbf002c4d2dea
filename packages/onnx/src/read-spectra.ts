import { CompileError, fromNumbers, toNumbers, type Value } from '@ghostc/ir';
import { normalAxis } from '@ghostc/ops';
import { Formulas, fixedShape } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';
import { convolve } from './read-convolutions.ts';
import { dtypeOf } from './tensor-proto.ts';

/** Discrete Fourier transforms, as products with their matrix, and windows for them, which are constants. */
export const spectrumRows: readonly OpRow[] = [
  ['BlackmanWindow', (node) => readWindow(node, [0.42, 0.5, 0.08])],
  ['DFT', readDft],
  ['HammingWindow', (node) => readWindow(node, [25 / 46, 21 / 46, 0])],
  ['HannWindow', (node) => readWindow(node, [0.5, 0.5, 0])],
  ['STFT', readStft],
];

/** a - b cos(2 pi i / n) + c cos(4 pi i / n), with n - 1 for n if the window is symmetric. */
function readWindow(node: NodeReader, [a, b, c]: readonly [number, number, number]): Value {
  const size = node.numbers(0, 'size')[0] ?? 0;
  node.claim(size, node.op);
  const turn = (2 * Math.PI) / (node.int('periodic', 1) !== 0 ? size : size - 1);
  const values = Array.from(
    { length: size },
    (_, i) => a - b * Math.cos(turn * i) + c * Math.cos(2 * turn * i),
  );
  return node.addConstant(fromNumbers(dtypeOf(node.int('output_datatype', 1)), [size], values));
}

interface Transform {
  /** Samples that are transformed, as if there were `length`: more are cut, and zeros are added. */
  readonly count: number;
  readonly length: number;
  /** 1 of real samples, 2 of complex ones. */
  readonly channels: number;
  readonly bins: number;
  readonly inverse?: boolean;
}

/** The matrix by rows: sample and channel, in this order, to bin and part (real, imaginary). */
function matrixOf(
  node: NodeReader,
  { count, length, channels, bins, inverse = false }: Transform,
): Float64Array {
  node.claim(count * channels * bins * 2, node.op);
  const matrix = new Float64Array(count * channels * bins * 2);
  const scale = inverse ? 1 / length : 1;
  let at = 0;
  for (let k = 0; k < count; k++)
    for (let channel = 0; channel < channels; channel++)
      for (let bin = 0; bin < bins; bin++) {
        const angle = ((inverse ? 2 : -2) * Math.PI * ((k * bin) % length)) / length;
        const [cos, sin] = [scale * withZeros(Math.cos(angle)), scale * withZeros(Math.sin(angle))];
        matrix[at++] = channel === 0 ? cos : -sin;
        matrix[at++] = channel === 0 ? sin : cos;
      }
  return matrix;
}

/** The sine of pi is 0. */
function withZeros(value: number): number {
  return Math.abs(value) < 1e-15 ? 0 : value;
}

/**
 * Bins of the output: for real samples half of them suffice, since the rest mirrors them. `onesided` is the
 * op's default.
 */
function binsOf(
  node: NodeReader,
  { length, channels, onesided }: { length: number; channels: number; onesided: 0 | 1 },
): number {
  if (node.int('onesided', onesided) === 0) return length;
  if (channels === 1 && node.int('inverse', 0) === 0) return Math.floor(length / 2) + 1;
  throw new CompileError(
    'onnx/unsupported',
    `${node.op} onesided of complex samples or inverse is not supported`,
  );
}

/** Real samples [..,1] or complex ones [..,2]. */
function channelsOf(node: NodeReader, shape: readonly number[]): number {
  const channels = shape.at(-1) ?? 0;
  if (channels === 1 || channels === 2) return channels;
  throw new CompileError(
    'onnx/attribute',
    `${node.op} expects samples [..,1] or [..,2], found [${shape.join(',')}]`,
  );
}

/** A product with the matrix along one axis: [..,samples,..,C] becomes [..,bins,..,2]. */
function readDft(node: NodeReader): Value {
  const f = new Formulas(node);
  const x = node.input(0);
  const shape = fixedShape(node, x);
  const channels = channelsOf(node, shape);
  const given = node.opset < 20 ? node.int('axis', 1) : node.has(2) ? node.numbers(2, 'axis')[0] : -2;
  const axis = normalAxis(given ?? -2, shape.length);
  const samples = shape[axis] ?? 1;
  const length = (node.has(1) ? node.numbers(1, 'dft_length')[0] : undefined) ?? samples;
  const count = Math.min(samples, length);
  const bins = binsOf(node, { length, channels, onesided: 0 });
  const inverse = node.int('inverse', 0) !== 0;
  const matrix = matrixOf(node, { count, length, channels, bins, inverse });
  const weight = node.addConstant(
    fromNumbers(x.type.dtype, [count * channels, bins * 2], matrix),
    `${node.name}_dft`,
  );
  // the axis next to the channels, with which it forms one row
  const others = shape.map((_, i) => i).filter((i) => i !== axis && i < shape.length - 1);
  const last = [...others, axis, shape.length - 1];
  const cut = count < samples ? f.emit('slice', [x], { starts: [0], ends: [count], axes: [axis] }) : x;
  const sizes = others.map((i) => shape[i] ?? 1);
  const rows = f.reshape(f.emit('transpose', [cut], { perm: last }), [...sizes, count * channels]);
  const spectrum = f.reshape(f.emit('matmul', [rows, weight]), [...sizes, bins, 2]);
  return f.emit('transpose', [spectrum], { perm: last.map((_, i) => last.indexOf(i)) });
}

/**
 * A convolution with the matrix, whose columns the window weights: [N,L] or [N,L,C] becomes
 * [N,frames,bins,2].
 */
function readStft(node: NodeReader): Value {
  const f = new Formulas(node);
  const signal = node.input(0);
  const shape = fixedShape(node, signal);
  const [batch = 1, samples = 1] = shape;
  const channels = shape.length === 2 ? 1 : channelsOf(node, shape);
  const step = node.numbers(1, 'frame_step')[0] ?? 1;
  const window = windowOf(node);
  const length = (node.has(3) ? node.numbers(3, 'frame_length')[0] : undefined) ?? window?.length ?? samples;
  if (!(step >= 1) || !(length >= 1 && length <= samples) || (window && window.length !== length))
    throw new CompileError(
      'onnx/attribute',
      `${node.op} expects a step from 1 on and a frame as long as its window, at most ${samples}, found ${step}, ${length} and ${window?.length ?? 'none'}`,
    );
  const bins = binsOf(node, { length, channels, onesided: 1 });
  const matrix = matrixOf(node, { count: length, length, channels, bins });
  const rows = 2 * bins;
  const kernel = new Float64Array(matrix.length);
  for (let k = 0; k < length; k++)
    for (let channel = 0; channel < channels; channel++)
      for (let row = 0; row < rows; row++)
        kernel[(row * channels + channel) * length + k] =
          (matrix[(k * channels + channel) * rows + row] ?? 0) * (window?.[k] ?? 1);
  const weight = node.addConstant(
    fromNumbers(signal.type.dtype, [rows, channels, length], kernel),
    `${node.name}_stft`,
  );
  const x =
    channels === 1
      ? f.reshape(signal, [batch, 1, samples])
      : f.emit('transpose', [signal], { perm: [0, 2, 1] });
  const y = convolve(
    node,
    { x, weight, bias: null },
    { strides: [step], dilations: [1], pads: [0, 0], group: 1 },
  );
  const frames = Math.floor((samples - length) / step) + 1;
  return f.emit('transpose', [f.reshape(y, [batch, bins, 2, frames])], { perm: [0, 3, 1, 2] });
}

function windowOf(node: NodeReader): ArrayLike<number> | undefined {
  if (!node.has(2)) return undefined;
  const tensor = node.known(2);
  if (tensor) return toNumbers(tensor);
  throw new CompileError('onnx/unsupported', `${node.op} expects a constant window`);
}
