import { CompileError, fromNumbers, type Value } from '@ghostc/ir';
import type { OperatorReader } from '../operator-reader.ts';

/** Largest transform that becomes a matrix. */
const MOST_POINTS = 4096;

/**
 * RFFT2D of rows, as of a spectrogram: a product with the matrix of the discrete Fourier transform, for n points n x (n/2 + 1)
 * complex numbers. A complex tensor has one axis more in the IR: real and imaginary part.
 */
export function readRfft(node: OperatorReader): void {
  const { shape } = node.inputTensor(0);
  const [rows = 0, points = 0] = node.integers(1, 'fft_length');
  const [height = 0, width = 0] = shape.slice(-2);
  if (rows !== 1 || height !== 1 || width > points || points > MOST_POINTS)
    throw new CompileError(
      'tflite/unsupported',
      `RFFT2D expects one row of at most ${MOST_POINTS} points, found [${rows},${points}] on [${shape.join(',')}]`,
    );
  const bins = Math.floor(points / 2) + 1;
  const matrix = Float64Array.from({ length: width * bins * 2 }, (_, i) => {
    const [x, bin] = [Math.floor(i / (2 * bins)), Math.floor(i / 2) % bins];
    const angle = (2 * Math.PI * ((x * bin) % points)) / points;
    return i % 2 === 0 ? Math.cos(angle) : -Math.sin(angle);
  });
  const transform = node.table.graph.addConstant(
    `${node.outputTensor().name}_transform`,
    fromNumbers('f32', [width, 2 * bins], matrix),
  );
  const y = node.emit('matmul', [node.input(0, 'plain'), transform]);
  node.setOutput(node.emit('reshape', [y], { shape: [...shape.slice(0, -1), bins, 2] }), 'plain');
}

/** COMPLEX_ABS. */
export function readComplexAbs(node: OperatorReader): void {
  const z = node.input(0, 'plain');
  const squares = node.emit('mul', [z, z]);
  const sum = node.emit('reduce_sum', [squares], { axes: [lastAxis(z)], keepdims: false });
  node.setOutput(node.emit('sqrt', [sum]), 'plain');
}

/** REAL and IMAG. */
export const readPart =
  (part: 0 | 1) =>
  (node: OperatorReader): void => {
    const z = node.input(0, 'plain');
    const one = node.emit('slice', [z], { axes: [lastAxis(z)], starts: [part], ends: [part + 1] });
    node.setOutput(node.emit('reshape', [one], { shape: [...node.inputTensor(0).shape] }), 'plain');
  };

function lastAxis({ type }: Value): number {
  return type.shape.length - 1;
}
